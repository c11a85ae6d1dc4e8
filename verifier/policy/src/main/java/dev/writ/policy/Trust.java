// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.Map;
import java.util.Optional;

/**
 * What the appraisal said of the Evidence.
 *
 * @param tier the overall tier
 * @param pcrsMatch whether every PCR for which the policy has reference values held one of them, and
 *     the boot log and the IMA list showed what they must, where that is more than a warning
 * @param referenceSet the name of the policy's reference set that the Evidence was judged by; absent
 *     if the policy has none for the host
 * @param endorsement what is known of the endorsement key
 * @param findings the tier that each appraisal rule gave, by the rule's name
 */
public record Trust(
    Tier tier,
    boolean pcrsMatch,
    Optional<String> referenceSet,
    Endorsement endorsement,
    Map<String, Tier> findings) {
  static final Struct<Trust> STRUCT =
      Struct.<Trust>named("Trust")
          .field("endorsement", InputType.ofEnum(Endorsement.class), Trust::endorsement)
          .field("findings", InputType.mapOf(InputType.ofEnum(Tier.class)), Trust::findings)
          .field("pcrs_match", InputType.BOOLEAN, Trust::pcrsMatch)
          .optional("reference_set", InputType.TEXT, Trust::referenceSet)
          .field("tier", InputType.ofEnum(Tier.class), Trust::tier)
          .build(
              read ->
                  new Trust(
                      read.get("tier", InputType.ofEnum(Tier.class)),
                      read.get("pcrs_match", InputType.BOOLEAN),
                      read.optional("reference_set", InputType.TEXT),
                      read.get("endorsement", InputType.ofEnum(Endorsement.class)),
                      read.get("findings", InputType.mapOf(InputType.ofEnum(Tier.class)))));

  /** Copies the findings. */
  public Trust {
    findings = Map.copyOf(findings);
  }

  /**
   * The trustworthiness tiers of AR4SI, from best to worst.
   *
   * <p>A rule may compare them by order: {@code trust.tier <= Tier.WARNING}. {@code NONE}, "no claim
   * is made", comes last for that reason, although AR4SI numbers it 0.
   */
  public enum Tier {
    /** The claim is affirmed. */
    AFFIRMING,
    /** Acceptable with a caution. */
    WARNING,
    /** Known to be unfit. */
    CONTRAINDICATED,
    /** Nothing is claimed. */
    NONE
  }

  /** What vouches for the host's endorsement key. */
  public enum Endorsement {
    /** Its certificate chains to a trusted root and is within its validity. */
    TRUSTED,
    /** Its certificate chains to a trusted root and has expired. */
    EXPIRED,
    /** No certificate: an operator listed the key's digest. */
    LISTED,
    /** Nothing. */
    ABSENT
  }
}
