// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.Witness;
import dev.writ.tlog.AddCheckpoint;
import dev.writ.tlog.SignedNote;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

/** A witness's HTTP doors: plain on loopback, TLS 1.3, or both, with the limits of the service's. */
public final class WitnessDoors implements AutoCloseable {
  /** The store has one writer: more threads only wait for it. */
  private static final Limits.Pool WORK = new Limits.Pool(2, 256, Duration.ofSeconds(2));

  private static final System.Logger LOG = System.getLogger(WitnessDoors.class.getName());

  private final Doors doors;
  private final WorkPool work;

  private WitnessDoors(Doors doors, WorkPool work) {
    this.doors = doors;
    this.work = work;
  }

  /**
   * Opens the public doors of {@code config} for a witness. It is the caller's to close, after them.
   *
   * @throws DoorException if one cannot be opened; none is then
   */
  public static WitnessDoors open(Witness witness, DoorsConfig config, InstantSource clock)
      throws DoorException {
    WorkPool work = new WorkPool("witness", WORK);
    DoorRoutes routes =
        new DoorRoutes(
            new WitnessRoutes(witness, work).table(), new RouteTable(), new RouteTable());
    try {
      return new WitnessDoors(Doors.open(config, routes, new Unobserved(), clock), work);
    } catch (DoorException | RuntimeException e) {
      work.close();
      throw e;
    }
  }

  /**
   * How much a witness takes: requests of their longest form, and as often as logs ask that want each
   * head cosigned.
   *
   * @param requests in the witness at once
   * @param rate for each address; unlimited where absent
   */
  public static DoorsConfig.Limits limits(
      int connections, int requests, Optional<DoorsConfig.Rate> rate) {
    DoorsConfig.Limits standard = DoorsConfig.Limits.standard();
    return new DoorsConfig.Limits(
        AddCheckpoint.MAX_BYTES,
        standard.headerBytes(),
        connections,
        connections,
        requests,
        (long) requests * AddCheckpoint.MAX_BYTES,
        standard.idle(),
        standard.arrival(),
        standard.answer(),
        standard.drain(),
        rate,
        1);
  }

  /** Writes into the log that a log has two trees: the note is the proof, and is public. */
  public static void logFork(SignedNote note) {
    LOG.log(
        System.Logger.Level.ERROR,
        "log_forked",
        LogFields.of("note", new String(note.bytes(), StandardCharsets.UTF_8)));
  }

  /** The port of the plain door, if there is one. */
  public OptionalInt plainPort() {
    return doors.plainPort();
  }

  /** The port of the TLS door, if there is one. */
  public OptionalInt tlsPort() {
    return doors.tlsPort();
  }

  @Override
  public void close() {
    doors.close();
    work.close();
  }

  /** A witness has no metrics: what its doors refuse is in the log. */
  private static final class Unobserved implements DoorObserver {
    @Override
    public void refused(Problem problem) {}

    @Override
    public void answered(String door, String operation, int status) {}

    @Override
    public void told(RefusedRequest request) {}

    @Override
    public void clientRefused() {}

    @Override
    public void certified(String door, Supplier<Instant> end) {}

    @Override
    public void turnedAway() {}
  }
}
