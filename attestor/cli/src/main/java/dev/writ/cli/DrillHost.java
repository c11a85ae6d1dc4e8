// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.AttestationFailedException;
import dev.writ.agent.AttesterSession;
import dev.writ.agent.ServiceEndpoint;
import dev.writ.agent.StateFolder;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/**
 * A host on which a drill asks and runs. What it remembers is left as it is: a drill has copies of the
 * instance key, each in a state folder of its own.
 */
final class DrillHost {
  private final HostOptions options;
  private final Path folder;

  /**
   * A host that is enrolled.
   *
   * @param options name its TPM and its state folder
   * @param folder where copies go
   */
  DrillHost(HostOptions options, Path folder) {
    this.options = options;
    this.folder = folder;
  }

  /** Opens its TPM with the instance key of a state folder; some TPMs have one client at a time. */
  AttesterSession open(StateFolder state, ServiceEndpoint service, SecureRandom random)
      throws TpmException, IOException, AttestationFailedException {
    return options.session(state, service, random);
  }

  /** A state folder with its instance key and no memory. */
  StateFolder withKey() throws IOException {
    StateFolder copy = withoutKey();
    Path ignored =
        Files.copy(
            new StateFolder(options.state).instanceKey(),
            copy.instanceKey(),
            StandardCopyOption.COPY_ATTRIBUTES);
    return copy;
  }

  /** A state folder for which another instance key is made. */
  StateFolder withoutKey() throws IOException {
    return new StateFolder(
        Files.createTempDirectory(
            folder,
            "state-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))));
  }

  /** How a command is told of it. */
  List<String> options(StateFolder state) {
    List<String> words =
        new ArrayList<>(List.of("--state", state.path().toString(), "--tpm", options.tpm));
    if (options.bootLog != null) {
      words.addAll(List.of("--boot-log", options.bootLog.toString()));
    }
    if (options.imaList != null) {
      words.addAll(List.of("--ima-list", options.imaList.toString()));
    }
    return words;
  }
}
