// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.List;

/**
 * What a policy says of a measurement list: a summary, and the first entries that it does not allow.
 * Only {@link ImaAppraiser} makes one.
 */
public final class ImaAppraisal {
  /** Most entries that are named. */
  public static final int MAX_FINDINGS = 16;

  /**
   * An entry that the policy does not allow.
   *
   * @param index its place in the whole list
   * @param verdict why
   * @param path the path, in printable ASCII, every other byte as {@code \xNN}
   * @param digest the file's digest with its algorithm, {@code sha256:00…}
   * @param expected what would be allowed
   * @param value what it says of the claim, in AR4SI's values; 0 where it only notes something
   */
  public record Finding(
      long index, ImaVerdict verdict, String path, String digest, String expected, int value) {
    Appraisal.Rule rule() {
      return new Appraisal.Rule(
          verdict.reason(),
          "entry " + index,
          TrustClaim.EXECUTABLES,
          value,
          expected,
          digest + " " + path);
    }
  }

  private final List<Appraisal.Rule> rules;
  private final List<Finding> findings;
  private final ImaPosition position;

  ImaAppraisal(List<Appraisal.Rule> rules, List<Finding> findings, ImaPosition position) {
    this.rules = List.copyOf(rules);
    this.findings = List.copyOf(findings);
    this.position = position;
  }

  /** The rules that ran, for {@link Appraisal}. */
  public List<Appraisal.Rule> rules() {
    return rules;
  }

  /** The first entries of this segment that are not allowed, at most {@link #MAX_FINDINGS}. */
  public List<Finding> findings() {
    return findings;
  }

  /** Verdicts of every entry of this boot. */
  public ImaTally tally() {
    return position.tally();
  }

  /** What is to be stored for the attestation key, its boot, and this version of the policy. */
  public ImaPosition position() {
    return position;
  }

  @Override
  public String toString() {
    return "ImaAppraisal(" + tally() + ")";
  }
}
