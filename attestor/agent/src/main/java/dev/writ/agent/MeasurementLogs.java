// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.evidence.Evidence;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a host shows what was measured into its TPM; read anew for each Evidence.
 *
 * @param bootLog the boot event log in the TCG's form; absent where there is none
 * @param required whether it must be readable; else it is left out where it is not
 */
public record MeasurementLogs(Optional<Path> bootLog, boolean required) {
  /** None. */
  public static final MeasurementLogs NONE = new MeasurementLogs(Optional.empty(), false);

  /** What Linux shows of the first TPM, to root alone, and where there is firmware that logs. */
  public static final MeasurementLogs OF_KERNEL =
      new MeasurementLogs(
          Optional.of(Path.of("/sys/kernel/security/tpm0/binary_bios_measurements")), false);

  /** A log that must be there. */
  public static MeasurementLogs bootLogAt(Path file) {
    return new MeasurementLogs(Optional.of(file), true);
  }

  /** The boot event log; nothing where there is none, or an empty one, as some clouds show. */
  Optional<byte[]> readBootLog() throws AttestationFailedException {
    if (bootLog.isEmpty()) {
      return Optional.empty();
    }
    Path file = bootLog.get();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] log = in.readNBytes(Evidence.MAX_BOOT_LOG + 1);
      if (log.length <= Evidence.MAX_BOOT_LOG) {
        return log.length == 0 ? Optional.empty() : Optional.of(log);
      }
    } catch (IOException e) {
      if (required) {
        throw new AttestationFailedException(Sentence.of("the boot log " + file, e), e);
      }
      return Optional.empty();
    }
    throw new AttestationFailedException(
        "the boot log "
            + file
            + " must have at most "
            + Evidence.MAX_BOOT_LOG
            + " bytes, has more");
  }
}
