// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.LedgerException;
import dev.writ.ledger.Witness;
import dev.writ.tlog.Cosigner;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.WitnessRule;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** A witness over HTTP on a loopback port that it keeps, to be stopped and started as a test likes. */
final class RunningWitness implements AutoCloseable {
  final String name;
  final Cosigner cosigner;
  private final Path folder;
  private final InstantSource clock;
  private List<NoteKey> logs = List.of();
  private Optional<WitnessDoors> doors = Optional.empty();
  private Optional<Witness> witness = Optional.empty();
  private int port;

  RunningWitness(String name, Path folder, InstantSource clock) {
    this.name = name;
    this.folder = folder.resolve(name);
    this.clock = clock;
    try {
      this.cosigner =
          Cosigner.of(name + ".example", KeyPairGenerator.getInstance("Ed25519").generateKeyPair());
      Witness.make(this.folder, cosigner.key());
    } catch (GeneralSecurityException | LedgerException e) {
      throw new AssertionError(e);
    }
  }

  void start(NoteKey... keys) throws LedgerException, DoorException {
    start(WitnessDoors.limits(100, 50, Optional.empty()), keys);
  }

  void start(DoorsConfig.Limits limits, NoteKey... keys) throws LedgerException, DoorException {
    logs = List.of(keys);
    Witness opened =
        Witness.open(folder, cosigner, new WitnessRule(logs), clock, WitnessDoors::logFork);
    witness = Optional.of(opened);
    DoorsConfig config =
        new DoorsConfig(
            Optional.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            limits);
    WitnessDoors open = WitnessDoors.open(opened, config, clock);
    doors = Optional.of(open);
    port = open.plainPort().orElseThrow();
  }

  void startAgain() throws LedgerException, DoorException {
    start(logs.toArray(NoteKey[]::new));
  }

  void stop() {
    doors.ifPresent(WitnessDoors::close);
    witness.ifPresent(Witness::close);
    doors = Optional.empty();
    witness = Optional.empty();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + port);
  }

  @Override
  public void close() {
    stop();
  }
}
