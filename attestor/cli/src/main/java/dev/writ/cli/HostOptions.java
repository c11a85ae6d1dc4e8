// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.AttestationFailedException;
import dev.writ.agent.Attester;
import dev.writ.agent.AttesterSession;
import dev.writ.agent.MeasurementLogs;
import dev.writ.agent.PlainHttpException;
import dev.writ.agent.ServiceEndpoint;
import dev.writ.agent.StateFolder;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** This host: its TPM, and the folder where its instance key lies between runs. */
final class HostOptions {
  @Option(
      names = "--state",
      required = true,
      paramLabel = "DIR",
      defaultValue = "${env:WRIT_STATE}",
      description = "Where this host's instance key is kept, wrapped by the TPM (or WRIT_STATE).")
  Path state = Path.of("");

  @Option(
      names = "--tpm",
      paramLabel = "TCTI",
      defaultValue = "${env:WRIT_TPM:-device:/dev/tpmrm0}",
      description = "How the TPM is reached (or WRIT_TPM; default: device:/dev/tpmrm0).")
  String tpm = "device:/dev/tpmrm0";

  @Option(
      names = "--boot-log",
      paramLabel = "FILE",
      defaultValue = "${env:WRIT_BOOT_LOG}",
      description = {
        "The TPM's boot event log (or WRIT_BOOT_LOG; for a device: what the kernel shows of the first",
        "TPM, if this user may read it)."
      })
  @Nullable Path bootLog;

  @Option(
      names = "--ima-list",
      paramLabel = "FILE",
      defaultValue = "${env:WRIT_IMA_LIST}",
      description = {
        "The kernel's measurement list, binary (or WRIT_IMA_LIST; for a device: what the kernel shows,",
        "if this user may read it). Each entry is sent once in a boot."
      })
  @Nullable Path imaList;

  /** What is done with the TPM and a service. */
  interface Exchange<T> {
    T with(Attester attester)
        throws TpmException, IOException, AttestationFailedException, CommandFailure;
  }

  /** Opens TPM and keys, lets the exchange happen, and closes both. */
  <T> T attester(ServiceEndpoint service, Exchange<T> exchange) throws CommandFailure {
    StateFolder folder = makeState();
    try (AttesterSession session = here(folder, service)) {
      return exchange.with(session.attester());
    } catch (TpmException | AttestationFailedException e) {
      throw CommandFailure.configuration(e);
    } catch (PlainHttpException e) {
      throw CommandFailure.configuration("--service", e);
    } catch (IOException e) {
      throw CommandFailure.unreachable("the service must answer, and does not", e);
    }
  }

  /** What fails here is this machine's, not the service's. */
  private AttesterSession here(StateFolder folder, ServiceEndpoint service)
      throws CommandFailure, TpmException, AttestationFailedException {
    try {
      return session(folder, service, new SecureRandom());
    } catch (IOException e) {
      throw CommandFailure.configuration("--state", e);
    }
  }

  /** Opens TPM and keys. */
  AttesterSession session(StateFolder folder, ServiceEndpoint service, SecureRandom random)
      throws TpmException, IOException, AttestationFailedException {
    return AttesterSession.open(tpm, folder.instanceKey(), service, random, logs());
  }

  /** The kernel's log is of its own TPM, and of no simulator. */
  private MeasurementLogs logs() {
    MeasurementLogs logs =
        tpm.startsWith("device:") ? MeasurementLogs.OF_KERNEL : MeasurementLogs.NONE;
    if (bootLog != null) {
      logs = logs.withBootLog(bootLog);
    }
    return imaList == null ? logs : logs.withImaList(imaList);
  }

  /** The folder, which is made if there is none. */
  StateFolder makeState() throws CommandFailure {
    try {
      return StateFolder.make(state);
    } catch (IOException e) {
      throw CommandFailure.configuration("--state must be a folder that can be written", e);
    }
  }
}
