// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.ReferenceValues.Pcr;
import java.util.List;
import java.util.Optional;

/**
 * A boot log beside values of PCRs, with what it says of those that it explains. How much that is
 * worth depends on whose values they are: a quote's in a {@link VerifiedBootLog}, nobody's in an {@link
 * UnquotedBootLog}.
 *
 * <p>PCRs that it does not explain are among the {@link #results}; nothing is said of their events.
 */
public abstract sealed class ReplayedBootLog permits VerifiedBootLog, UnquotedBootLog {
  private final BootLog log;
  private final List<PcrReplay> results;
  private final ExplainedPcrs explained;
  private final Optional<SecureBootState> secureBoot;
  private final List<BootImage> images;
  private final List<BootMeasurement> measurements;

  ReplayedBootLog(
      BootLog log,
      List<PcrReplay> results,
      ExplainedPcrs explained,
      Optional<SecureBootState> secureBoot,
      BootMeasurementReader reader) {
    this.log = log;
    this.results = List.copyOf(results);
    this.explained = explained;
    this.secureBoot = secureBoot;
    this.images = List.copyOf(reader.images());
    this.measurements = List.copyOf(reader.measurements());
  }

  /** The log as it was read: of its events only those of explained PCRs are bound. */
  public BootLog log() {
    return log;
  }

  /** What replay says of each quoted PCR that the log is to explain, in the quote's order. */
  public List<PcrReplay> results() {
    return results;
  }

  /** Whether the log explains a PCR in every bank that was quoted of it, SHA-1 left out. */
  public boolean explains(int pcr) {
    return explained.contains(pcr);
  }

  /** The PCR in each bank by which it is explained; none where it is not. */
  public List<Pcr> anchors(int pcr) {
    return explained.anchors(pcr);
  }

  /** The measured events of the PCRs that are explained, in the log's order. */
  public List<BootEvent> events() {
    return log.events().stream()
        .filter(event -> event.isMeasured() && explained.contains(event.pcr()))
        .toList();
  }

  /** Digests of an event of an explained PCR, one in each bank that explains it. */
  public List<TpmDigest> digests(BootEvent event) {
    return event.isMeasured() && explains(event.pcr()) ? explained.digests(event) : List.of();
  }

  /** Secure Boot; absent where PCR 7 is not explained. */
  public Optional<SecureBootState> secureBoot() {
    return secureBoot;
  }

  /** What booted and which drivers ran, in the log's order. */
  public List<BootImage> images() {
    return images;
  }

  /** What was measured into PCR 4, in its order. */
  public List<BootImage> bootApplications() {
    return images.stream().filter(BootImage::isBootApplication).toList();
  }

  /** What loaders measured, in the log's order. */
  public List<BootMeasurement> measurements() {
    return measurements;
  }
}
