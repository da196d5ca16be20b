// A UTF-8 checker of its own (no line of lib/wire), octet by octet, that can be made wrong.

/** Table 3-7 of the Unicode Standard as a state: octets still due, and the range of the next. */
export class Utf8 {
  constructor(faults = new Set()) {
    this.overlong = faults.has('allow-overlong');
    this.surrogates = faults.has('allow-surrogates');
    this.above = faults.has('allow-above-10ffff');
    this.lone = faults.has('allow-lone-continuation');
    this.broken = faults.has('allow-broken');
    this.feff = faults.has('allow-fe-ff');
    this.truncated = faults.has('allow-truncated');
    this.border = faults.has('block-border');
    this.tight = faults.has('off-by-one');
    this.reset();
  }

  reset() {
    this.need = 0;
    this.lo = 0x80;
    this.hi = 0xbf;
    this.position = 0;
  }

  complete() {
    return this.need === 0 || this.truncated;
  }

  /** Checks data[from, to); returns the index of the octet that proves it ill-formed, or -1. */
  feed(data, from = 0, to = data.length) {
    for (let i = from; i < to; i++) {
      if (this.border && (this.position++ & 15) === 0) {
        this.lo = 0x80; // a block-wise checker that forgot what the lead octet demanded
        this.hi = 0xbf;
      }
      if (this.need === 0) {
        if (data[i] >= 0x80 && !this.lead(data[i])) return i;
      } else if (data[i] >= this.lo && data[i] <= this.hi) {
        this.need--;
        this.lo = 0x80;
        this.hi = 0xbf;
      } else if (this.broken && (data[i] < 0x80 || data[i] > 0xbf)) {
        this.need = 0;
        if (data[i] >= 0x80 && !this.lead(data[i])) return i;
      } else {
        return i;
      }
    }
    return -1;
  }

  expect(need, lo, hi) {
    this.need = need;
    this.lo = lo;
    this.hi = hi;
    return lo <= hi;
  }

  lead(o) {
    if (o < 0xc0) return this.lone;
    if (o < 0xc2) return this.overlong && this.expect(1, 0x80, 0xbf);
    if (o < 0xe0) return !(this.tight && o === 0xdf) && this.expect(1, 0x80, 0xbf);
    if (o === 0xe0) return this.expect(2, this.overlong ? 0x80 : this.tight ? 0xa1 : 0xa0, 0xbf);
    if (o === 0xed) return this.expect(2, 0x80, this.surrogates ? 0xbf : this.tight ? 0x9e : 0x9f);
    if (o < 0xf0) return this.expect(2, 0x80, this.tight && o === 0xef ? 0xbe : 0xbf);
    if (o === 0xf0) return this.expect(3, this.overlong ? 0x80 : this.tight ? 0x91 : 0x90, 0xbf);
    if (o < 0xf4) return this.expect(3, 0x80, 0xbf);
    if (o === 0xf4) return this.expect(3, 0x80, this.above ? 0xbf : this.tight ? 0x8e : 0x8f);
    if (o < 0xf8) return this.above && this.expect(3, 0x80, 0xbf);
    if (o < 0xfc) return this.long(4, o === 0xf8, 0x88);
    if (o < 0xfe) return this.long(5, o === 0xfc, 0x84);
    return this.feff;
  }

  /** The five- and six-octet forms of RFC 2279, which nothing may use. */
  long(need, lowest, border) {
    if (!lowest) return this.above && this.expect(need, 0x80, 0xbf);
    const lo = this.overlong ? 0x80 : border;
    const hi = this.above ? 0xbf : border - 1;
    return (this.overlong || this.above) && this.expect(need, lo, hi);
  }
}

export function wellFormed(data) {
  const checker = new Utf8();
  return checker.feed(data) < 0 && checker.complete();
}

/** The data without the octets that are not part of a well-formed character. */
export function stripInvalid(data) {
  const out = [];
  for (let i = 0; i < data.length; ) {
    const checker = new Utf8();
    let n = 0;
    while (i + n < data.length && checker.feed(data, i + n, i + n + 1) < 0) {
      n++;
      if (checker.need === 0) break;
    }
    const whole = n > 0 && checker.need === 0;
    if (whole) for (let k = 0; k < n; k++) out.push(data[i + k]);
    i += whole ? n : 1;
  }
  return Buffer.from(out);
}
