// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.AttestationFailedException;
import dev.writ.agent.Attester;
import dev.writ.agent.AttesterSession;
import dev.writ.agent.PlainHttpException;
import dev.writ.agent.ServiceEndpoint;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import picocli.CommandLine.Option;

/** This host: its TPM, and the folder where its instance key lies between runs. */
final class HostOptions {
  private static final int ROOT = 0;
  private static final int GROUP_OR_OTHERS_WRITE = 0022;

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

  /** What is done with the TPM and a service. */
  interface Exchange<T> {
    T with(Attester attester)
        throws TpmException, IOException, AttestationFailedException, CommandFailure;
  }

  /** Opens TPM and keys, lets the exchange happen, and closes both. */
  <T> T attester(ServiceEndpoint service, Exchange<T> exchange) throws CommandFailure {
    Path ignored = makeState();
    try (AttesterSession session = here(service)) {
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
  private AttesterSession here(ServiceEndpoint service)
      throws CommandFailure, TpmException, AttestationFailedException {
    try {
      return session(service, new SecureRandom());
    } catch (IOException e) {
      throw CommandFailure.configuration("--state", e);
    }
  }

  /** Opens TPM and keys; the folder is there. */
  AttesterSession session(ServiceEndpoint service, SecureRandom random)
      throws TpmException, IOException, AttestationFailedException {
    return AttesterSession.open(tpm, state.resolve("instance-key"), service, random);
  }

  /**
   * The folder as one that holds a memory of uses: who could rename what is in it could put an empty
   * one in its place.
   */
  Path makeOwnState() throws CommandFailure, IOException {
    Path folder = makeState();
    int mode = (int) Files.getAttribute(folder, "unix:mode");
    if ((mode & GROUP_OR_OTHERS_WRITE) != 0) {
      throw new IOException(
          String.format(
              "--state must be a folder that its owner alone can write, and the mode of %s is %04o: if"
                  + " nobody has changed what is in it, run chmod go-w %s",
              folder, mode & 0xfff, folder));
    }
    int owner = (int) Files.getAttribute(folder, "unix:uid");
    if (owner != ROOT && owner != (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid")) {
      throw new IOException(
          "--state must be a folder of this user or root, and "
              + folder
              + " is user "
              + owner
              + "'s");
    }
    return folder;
  }

  /** The folder, which is made if there is none. */
  Path makeState() throws CommandFailure {
    try {
      return Files.isDirectory(state)
          ? state
          : Files.createDirectories(
              state,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (IOException e) {
      throw CommandFailure.configuration("--state must be a folder that can be written", e);
    }
  }
}
