// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AppraisedRule;
import dev.writ.artifact.AppraisedRules;
import dev.writ.artifact.Ear;
import dev.writ.artifact.Environment;
import dev.writ.evidence.Appraisal;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Says in an EAR's words what was found of a host, once for each decision: artifact, payload and
 * whatever is signed later have it from here. Nothing is judged.
 */
final class EarClaims {
  /** The one submodule. */
  static final String HOST = "host";

  /** What all rules may take of the claims set in JSON; the rest of it is a few hundred bytes. */
  static final int MAX_RULES_BYTES = 80 * 1024;

  /** Of a rule in JSON, beside its texts; the longest names are far from it. */
  private static final int RULE_BYTES = 256;

  /** A UTF-16 unit in UTF-8, or escaped: rules' texts have no control characters. */
  private static final int UNIT_BYTES = 3;

  private static final int AFFIRMING = 2;
  private static final int NOTED = 0;
  private static final Ear.VerifierId VERIFIER = new Ear.VerifierId("Writ", build());

  private EarClaims() {}

  private static String build() {
    String version = EarClaims.class.getPackage().getImplementationVersion();
    return "writ " + (version == null ? "unpackaged" : version);
  }

  /**
   * The whole result, with every rule that ran and without an end.
   *
   * @param quote that was verified, over the application's challenge and request
   * @param keyStorage where the instance key was shown to live
   * @param policy digest of the policy whose reference values were applied
   */
  static Ear of(
      Application application,
      VerifiedQuote quote,
      Appraisal appraisal,
      Environment.KeyStorage keyStorage,
      Hash policy,
      Instant decided) {
    Map<Ear.Claim, Integer> vector = new EnumMap<>(Ear.Claim.class);
    appraisal
        .claims()
        .forEach((claim, value) -> vector.put(Ear.Claim.valueOf(claim.name()), value));
    List<AppraisedRule> ran = new ArrayList<>();
    ran.add(verified(quote));
    ran.add(stored(keyStorage));
    appraisal.rules().forEach(rule -> ran.add(appraised(rule)));
    Ear.Appraisal host =
        new Ear.Appraisal(
            Ear.Tier.valueOf(appraisal.overall().name()),
            vector,
            List.of("urn:sha256:" + policy.hex()),
            Optional.of(PublicRoutes.base64Url(application.challenge().nonce())),
            Optional.of(bounded(ran)));
    return new Ear(
        decided.truncatedTo(ChronoUnit.SECONDS), VERIFIER, Map.of(HOST, host), Optional.empty());
  }

  /** There is no appraisal without it: evidence whose quote does not hold has no result at all. */
  private static AppraisedRule verified(VerifiedQuote quote) {
    return new AppraisedRule(
        "quote_verified",
        Optional.empty(),
        Ear.Claim.INSTANCE_IDENTITY,
        AFFIRMING,
        "a quote by the enrolled key over this challenge, this request and these PCR values",
        "PCR digest " + quote.pcrDigest());
  }

  private static AppraisedRule stored(Environment.KeyStorage keyStorage) {
    return new AppraisedRule(
        "key_storage",
        Optional.empty(),
        Ear.Claim.INSTANCE_IDENTITY,
        NOTED,
        "tpm",
        keyStorage.name().toLowerCase(Locale.ROOT));
  }

  private static AppraisedRule appraised(Appraisal.Rule rule) {
    return new AppraisedRule(
        rule.reason(),
        rule.subject().isEmpty() ? Optional.empty() : Optional.of(rule.subject()),
        Ear.Claim.valueOf(rule.claim().name()),
        rule.value(),
        rule.expected(),
        rule.actual());
  }

  /** All of them, or the worst for which there is room, in the order in which they ran. */
  static AppraisedRules bounded(List<AppraisedRule> ran) {
    if (ran.size() <= AppraisedRules.MAX_RULES && atMostBytes(ran) <= MAX_RULES_BYTES) {
      return new AppraisedRules(ran, 0);
    }
    List<Integer> worstFirst = new ArrayList<>();
    for (int i = 0; i < ran.size(); i++) {
      worstFirst.add(i);
    }
    worstFirst.sort(Comparator.comparing((Integer i) -> ran.get(i).value()).reversed());
    Set<Integer> kept = new HashSet<>();
    int left = MAX_RULES_BYTES;
    for (int i : worstFirst) {
      left -= ran.get(i).toJson().length + 1;
      if (left < 0 || kept.size() == AppraisedRules.MAX_RULES) {
        break;
      }
      kept.add(i);
    }
    List<AppraisedRule> named = new ArrayList<>();
    for (int i = 0; i < ran.size(); i++) {
      if (kept.contains(i)) {
        named.add(ran.get(i));
      }
    }
    return new AppraisedRules(named, ran.size() - named.size());
  }

  /** An upper bound, since to write each rule only to measure it would cost every decision. */
  private static long atMostBytes(List<AppraisedRule> rules) {
    long bytes = 0;
    for (AppraisedRule rule : rules) {
      int units =
          rule.subject().map(String::length).orElse(0)
              + rule.expected().length()
              + rule.actual().length();
      bytes += RULE_BYTES + (long) UNIT_BYTES * units;
    }
    return bytes;
  }
}
