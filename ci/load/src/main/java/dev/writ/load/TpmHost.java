// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.agent.Answer;
import dev.writ.agent.AttestationFailedException;
import dev.writ.agent.AttesterSession;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.Invitation;
import dev.writ.agent.MeasurementLogs;
import dev.writ.agent.OperatorClient;
import dev.writ.agent.StateFolder;
import dev.writ.agent.Timeouts;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.tlog.Hash;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A host with a TPM simulator, enrolled at a {@link ServedWrit} by an invitation, with its keys kept.
 * Nobody is connected to its TPM, which one client at a time may be.
 */
public final class TpmHost implements AutoCloseable {
  /** One of the example policy's own hosts, and the workload that is its. */
  static final String NAME = "host-a";

  public static final String WORKLOAD = "spiffe://dev.example/worker-a";

  private static final Duration INVITATION = Duration.ofMinutes(10);

  private final SwtpmHost machine;
  private final Path state;
  private final ServedWrit service;

  private TpmHost(SwtpmHost machine, Path state, ServedWrit service) {
    this.machine = machine;
    this.state = state;
    this.service = service;
  }

  /**
   * Makes its TPM, measures a boot into it, and enrols.
   *
   * @param folder exists and is empty, and has a short path, since sockets lie in it
   * @param service runs
   * @throws IOException also if the service denies it
   */
  public static TpmHost enrol(Path folder, ServedWrit service)
      throws IOException, InterruptedException {
    SwtpmHost machine =
        SwtpmHost.manufacture(Files.createDirectory(folder.resolve("tpm")), service.maker());
    boolean enrolled = false;
    try {
      TpmHost host = new TpmHost(machine, Files.createDirectory(folder.resolve("agent")), service);
      host.boot();
      host.enrol();
      enrolled = true;
      return host;
    } catch (TpmException | AttestationFailedException e) {
      throw new IOException("a host could not be set up", e);
    } finally {
      if (!enrolled) {
        machine.close();
      }
    }
  }

  private void boot() throws TpmException {
    try (Tpm tpm = Tpm.open(machine.tcti())) {
      for (Map.Entry<Integer, Hash> measured : MeasuredBoot.digests().entrySet()) {
        tpm.extendPcr(measured.getKey(), PcrBank.SHA256, measured.getValue().bytes());
      }
    }
  }

  private void enrol() throws TpmException, IOException, AttestationFailedException {
    Invitation invitation =
        granted(
            new OperatorClient(service.operatorSocket(), Timeouts.STANDARD)
                .invite(NAME, INVITATION));
    try (AttesterSession session = session()) {
      var unused = granted(session.attester().enrol(NAME, Optional.of(invitation.secret())));
    }
  }

  /** A session with the TPM, in which the service is asked. */
  public AttesterSession session() throws TpmException, IOException, AttestationFailedException {
    HttpServiceEndpoint endpoint =
        HttpServiceEndpoint.at(
            service.url(), service.trust().content().tls(), Clock.systemUTC(), Timeouts.STANDARD);
    return AttesterSession.open(
        machine.tcti(),
        StateFolder.make(state).instanceKey(),
        endpoint,
        new SecureRandom(),
        MeasurementLogs.NONE);
  }

  /** Measures something that nobody expects. */
  public void extend(int pcr) throws TpmException {
    try (Tpm tpm = Tpm.open(machine.tcti())) {
      tpm.extendPcr(pcr, PcrBank.SHA256, Hash.sha256(new byte[] {1}).bytes());
    }
  }

  /** Another boot that measures the same. */
  public void reboot() throws IOException, InterruptedException, TpmException {
    machine.reboot();
    boot();
  }

  private static <T> T granted(Answer<T> answer) throws IOException {
    if (answer instanceof Answer.Granted<T> granted) {
      return granted.value();
    }
    throw new IOException("the service must grant what a host is enrolled with: " + answer);
  }

  /** Options with which a {@code writ} subcommand here asks the service for an artifact. */
  public List<String> asking() {
    return List.of(
        "--trust", service.trustFile().toString(),
        "--service", service.url().toString(),
        "--state", state.toString(),
        "--tpm", machine.tcti(),
        "--tenant", ServedWrit.TENANT,
        "--workload", WORKLOAD);
  }

  /** Options with which {@code writ run} here asks nobody, and tells the service how it ended. */
  public List<String> bringing(Path bundle) {
    return List.of(
        "--trust", service.trustFile().toString(),
        "--service", service.url().toString(),
        "--state", state.toString(),
        "--tpm", machine.tcti(),
        "--tenant", ServedWrit.TENANT,
        "--bundle", bundle.toString());
  }

  /** Stops the simulator. */
  @Override
  public void close() {
    machine.close();
  }
}
