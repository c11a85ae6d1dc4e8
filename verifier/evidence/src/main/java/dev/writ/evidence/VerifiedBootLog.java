// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.List;
import java.util.Optional;

/**
 * A boot log that a verified quote bears out, with what it says of the PCRs that it explains. Only
 * {@link BootLogVerifier} makes one.
 */
public final class VerifiedBootLog extends ReplayedBootLog implements BootLogOutcome {
  VerifiedBootLog(
      BootLog log,
      List<PcrReplay> results,
      ExplainedPcrs explained,
      Optional<SecureBootState> secureBoot,
      BootMeasurementReader reader) {
    super(log, results, explained, secureBoot, reader);
  }

  @Override
  public String toString() {
    return "VerifiedBootLog(" + log() + ")";
  }
}
