// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;

/**
 * This host's Attester together with its TPM, for as long as there is something to do: a TPM is for all
 * who need it, and some speak to one client at a time.
 *
 * @param tpm opened for this session
 * @param attester on it
 */
public record AttesterSession(Tpm tpm, Attester attester) implements AutoCloseable {
  /** How a session is opened, as often as one is needed. */
  public interface Source {
    /** Opens one. */
    AttesterSession open() throws TpmException, IOException, AttestationFailedException;
  }

  /**
   * Opens the TPM, finds or makes the keys.
   *
   * @param tcti as for {@link Tpm#open}
   * @param instanceKeyFile as for {@link Attester#open}
   * @param logs of what was measured into this TPM
   */
  public static AttesterSession open(
      String tcti,
      Path instanceKeyFile,
      ServiceEndpoint service,
      SecureRandom random,
      MeasurementLogs logs)
      throws TpmException, IOException, AttestationFailedException {
    Tpm tpm = Tpm.open(tcti);
    boolean opened = false;
    try {
      AttesterSession session =
          new AttesterSession(tpm, Attester.open(tpm, instanceKeyFile, service, random, logs));
      opened = true;
      return session;
    } finally {
      if (!opened) {
        tpm.close();
      }
    }
  }

  @Override
  public void close() {
    attester.close();
    tpm.close();
  }
}
