// Every fault: NAME: [what it does, the rows that must find it, settings]. The rows are those of
// scenarios/coverage/requirements.json.
// `node faulty.mjs --list-faults` prints this as JSON. Settings, all of them optional:
//
//   also   further faults that go with it
//   serve  options of the server on this fault's port
//   run    arguments of the run that must find it: what a profile of this server would say
//   pick   selectors in place of the rows
//   once   a single finding is enough: it is long in coming
//   slow   it is found by scenarios that are tagged slow or load
//   should the RFCs only recommend it otherwise: it is found as tolerated, and fails with --strict
//   may    the RFCs allow it, and wsspec shows it all the same: tolerated, with --strict too
//   legal  a deviation that is none: nothing may be found

import { CLOSE_FAULTS } from './faults_close.mjs';
import { DEFLATE_FAULTS } from './faults_deflate.mjs';
import { FRAME_FAULTS } from './faults_frames.mjs';
import { HANDSHAKE_FAULTS } from './faults_handshake.mjs';
import { HEADER_FAULTS } from './faults_headers.mjs';
import { PARSING_FAULTS } from './faults_parsing.mjs';
import { UTF8_FAULTS } from './faults_utf8.mjs';

export const FAULTS = {
  ...UTF8_FAULTS,
  ...HANDSHAKE_FAULTS,
  ...HEADER_FAULTS,
  ...PARSING_FAULTS,
  ...FRAME_FAULTS,
  ...CLOSE_FAULTS,
  ...DEFLATE_FAULTS,
};

// code-NNNN: another code in place of 1007; NNNN-as-MMMM: MMMM in place of NNNN.
export const known = (name) => Object.hasOwn(FAULTS, name) || /^(code-\d{4}|\d{4}-as-\d{4})$/.test(name);

export const settings = (name) => ({ also: [], serve: {}, run: [], ...FAULTS[name]?.[2] });
