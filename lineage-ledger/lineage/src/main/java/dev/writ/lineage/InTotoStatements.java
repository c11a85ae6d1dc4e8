// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * in-toto Statements (v1) on what the service decided. They are unsigned: nobody vouches for one but the log
 * that its leaf is in.
 */
final class InTotoStatements {
  private static final String STATEMENT = "https://in-toto.io/Statement/v1";
  private static final String VSA = "https://slsa.dev/verification_summary/v1";
  private static final String SVR = "https://in-toto.io/attestation/svr/v0.1";

  /** An extension of these predicates must be named by a URI. */
  private static final String LEAF = "urn:writ:ns:leaf";

  private static final String AGAINST = "urn:writ:ns:against";

  private InTotoStatements() {}

  /**
   * The statement of a decision; other leaves have none, nor has a denial without a request. An allow that breaks
   * a rule or was withdrawn has failed, and so is nothing that a result could be said of.
   */
  static Optional<byte[]> of(Lineage lineage, IndexedLeaf leaf, ExportFormat format)
      throws IOException {
    if (leaf.leaf().body() instanceof LeafBody.DecisionAllow allow) {
      Map<String, Object> against = against(lineage, leaf);
      if (format != ExportFormat.VSA && !against.isEmpty()) {
        return Optional.empty();
      }
      Map<String, Object> subject = new LinkedHashMap<>();
      subject.put("name", "urn:uuid:" + allow.jti());
      // SHA-256 of the ASCII of the artifact's header and payload with the dot between them.
      subject.put("digest", Map.of("sha256", allow.artifactDigest()));
      Map<String, Object> predicate =
          format == ExportFormat.VSA
              ? summary(
                  lineage,
                  leaf,
                  "urn:uuid:" + allow.jti(),
                  allow.policyDigest(),
                  against.isEmpty() ? "PASSED" : "FAILED",
                  against.isEmpty() ? "WRIT_DECISION_ALLOW" : "FAILED")
              : result(lineage, leaf, allow.policyDigest());
      if (!against.isEmpty()) {
        predicate.put(AGAINST, against);
      }
      return Optional.of(statement(subject, format == ExportFormat.VSA ? VSA : SVR, predicate));
    }
    if (format == ExportFormat.VSA
        && leaf.leaf().body() instanceof LeafBody.DecisionDeny deny
        && deny.requestDigest().isPresent()) {
      String request = "urn:writ:request:" + deny.requestDigest().get();
      Map<String, Object> subject = new LinkedHashMap<>();
      subject.put("name", request);
      subject.put("digest", Map.of("writ-request-v1", deny.requestDigest().get()));
      return Optional.of(
          statement(
              subject,
              VSA,
              summary(lineage, leaf, request, deny.policyDigest(), "FAILED", "FAILED")));
    }
    return Optional.empty();
  }

  /** What keeps an allow from having passed; empty where nothing does. */
  private static Map<String, Object> against(Lineage lineage, IndexedLeaf leaf) throws IOException {
    Map<String, Object> against = new LinkedHashMap<>();
    List<String> broken =
        LineageCheck.of(lineage, leaf).stream()
            .map(finding -> finding.rule().wire())
            .distinct()
            .toList();
    if (!broken.isEmpty()) {
      against.put("rules_broken", broken);
    }
    against.putAll(LineageExport.withdrawn(lineage, leaf.index()));
    return against;
  }

  private static byte[] statement(
      Map<String, Object> subject, String type, Map<String, Object> predicate) {
    Map<String, Object> statement = new LinkedHashMap<>();
    statement.put("_type", STATEMENT);
    statement.put("subject", List.of(subject));
    statement.put("predicateType", type);
    statement.put("predicate", predicate);
    return Jcs.canonical(statement);
  }

  private static Map<String, Object> summary(
      Lineage lineage,
      IndexedLeaf leaf,
      String resource,
      Hash policy,
      String result,
      String level) {
    Map<String, Object> predicate = new LinkedHashMap<>();
    predicate.put("verifier", Map.of("id", verifier(lineage)));
    predicate.put("timeVerified", leaf.leaf().time().toString());
    predicate.put("resourceUri", resource);
    predicate.put("policy", policy(policy));
    predicate.put("verificationResult", result);
    predicate.put("verifiedLevels", List.of(level));
    predicate.put(LEAF, place(lineage, leaf));
    return predicate;
  }

  private static Map<String, Object> result(Lineage lineage, IndexedLeaf leaf, Hash policy) {
    Map<String, Object> verifier = new LinkedHashMap<>();
    verifier.put("id", verifier(lineage));
    verifier.put("policy", policy(policy));
    Map<String, Object> predicate = new LinkedHashMap<>();
    predicate.put("verifier", verifier);
    predicate.put("timeCreated", leaf.leaf().time().toString());
    predicate.put(
        "properties",
        List.of("WRIT_EVIDENCE_VERIFIED", "WRIT_POLICY_ALLOWED", "WRIT_DECISION_LOGGED"));
    predicate.put(LEAF, place(lineage, leaf));
    return predicate;
  }

  private static String verifier(Lineage lineage) {
    return LineageExport.logUri(lineage.source().checkpoint().origin());
  }

  private static Map<String, Object> policy(Hash digest) {
    return Map.of("uri", "urn:writ:policy:" + digest, "digest", Map.of("writ-policy-v1", digest));
  }

  private static Map<String, Object> place(Lineage lineage, IndexedLeaf indexed) {
    Leaf leaf = indexed.leaf();
    Map<String, Object> place = new LinkedHashMap<>();
    place.put("origin", lineage.source().checkpoint().origin());
    place.put("index", indexed.index());
    place.put("hash", leaf.hash());
    return place;
  }
}
