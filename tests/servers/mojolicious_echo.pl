#!/usr/bin/perl
# Echo server on Mojolicious (libmojolicious-perl): text comes back as text, binary as binary.
use strict;
use warnings;
use Mojolicious::Lite -signatures;
use Mojo::IOLoop;
use Mojo::Server::Daemon;

my ($port, $guard) = (0, 0);
while (defined(my $word = shift @ARGV)) {
  $port  = shift @ARGV if $word eq '--port';
  $guard = 1           if $word eq '--stdin-guard';
}
app->log->level('fatal');
websocket '/' => sub ($c) {
  $c->tx->max_websocket_size(64 * 1024 * 1024);
  $c->inactivity_timeout(300);
  $c->on(text   => sub ($self, $octets) { $self->send({text   => $octets}) });
  $c->on(binary => sub ($self, $octets) { $self->send({binary => $octets}) });
};
my $daemon = Mojo::Server::Daemon->new(
  app    => app,
  silent => 1,
  listen => ["http://127.0.0.1" . ($port ? ":$port" : ":0")],
);
$daemon->start;
$| = 1;
print "listening ", $daemon->ports->[0], "\n";
$SIG{TERM} = $SIG{INT} = sub { exit 0 };
if ($guard) {
  Mojo::IOLoop->singleton->reactor->io(\*STDIN => sub { exit 0 unless sysread STDIN, my $buffer, 4096 });
  Mojo::IOLoop->singleton->reactor->watch(\*STDIN, 1, 0);
}
Mojo::IOLoop->start;
