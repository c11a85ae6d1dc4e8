// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Jcs;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * A graph as W3C PROV-JSON. Each node is an entity, an activity or an agent by its kind; each edge is the
 * relation that PROV has between two such, and {@code writ:relation} says which of ours it is.
 */
final class ProvDocument {
  private static final String NAMES = "log:";

  /** What PROV tells apart. */
  private enum Type {
    ENTITY("entity"),
    ACTIVITY("activity"),
    AGENT("agent");

    private final String member;

    Type(String member) {
      this.member = member;
    }
  }

  /** A relation of PROV-DM and the names of its two ends in PROV-JSON. */
  private enum Relation {
    USED("used", "prov:activity", "prov:entity"),
    GENERATED("wasGeneratedBy", "prov:entity", "prov:activity"),
    DERIVED("wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity"),
    INFORMED("wasInformedBy", "prov:informed", "prov:informant"),
    ASSOCIATED("wasAssociatedWith", "prov:activity", "prov:agent"),
    ATTRIBUTED("wasAttributedTo", "prov:entity", "prov:agent"),
    DELEGATED("actedOnBehalfOf", "prov:delegate", "prov:responsible"),
    INFLUENCED("wasInfluencedBy", "prov:influencee", "prov:influencer");

    private final String member;
    private final String from;
    private final String to;

    Relation(String member, String from, String to) {
      this.member = member;
      this.from = from;
      this.to = to;
    }
  }

  private ProvDocument() {}

  static byte[] of(LineageGraph graph) {
    Map<String, Object> document = new TreeMap<>();
    document.put(
        "prefix",
        Map.of("log", LineageExport.logUri(graph.origin()) + ":", "writ", "urn:writ:ns:"));
    for (Node node : graph.nodes()) {
      member(document, type(node.id().kind()).member).put(name(node.id()), attributes(node));
    }
    int number = 0;
    for (Edge edge : graph.edges()) {
      Relation relation = relation(type(edge.from().kind()), type(edge.to().kind()));
      Map<String, Object> attributes = new LinkedHashMap<>();
      attributes.put(relation.from, name(edge.from()));
      attributes.put(relation.to, name(edge.to()));
      attributes.put("writ:relation", edge.kind().wire());
      attributes.put("writ:leaf", edge.leaf());
      member(document, relation.member).put("_:e" + number++, attributes);
    }
    return Jcs.canonical(document);
  }

  @SuppressWarnings("unchecked") // Nothing else is put under these names.
  private static Map<String, Object> member(Map<String, Object> document, String name) {
    return (Map<String, Object>)
        document.computeIfAbsent(name, unused -> new LinkedHashMap<String, Object>());
  }

  private static Map<String, Object> attributes(Node node) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    node.facts().forEach((fact, value) -> attributes.put("writ:" + fact, value));
    attributes.put("writ:kind", node.id().kind().wire());
    attributes.put("writ:leaf", node.leaf());
    return attributes;
  }

  /** A qualified name: readers take what stands before the first colon for its prefix. */
  private static String name(NodeId id) {
    return NAMES + id.kind().wire() + "." + id.name().replace('/', '.');
  }

  private static Type type(NodeKind kind) {
    return switch (kind) {
      case REQUEST, DECISION, VERIFICATION, EXECUTION, ENFORCEMENT, START -> Type.ACTIVITY;
      case PRINCIPAL, HOST, KEY -> Type.AGENT;
      case ARTIFACT,
          OUTCOME,
          EVIDENCE,
          ATTESTATION_KEY,
          ENDORSEMENT_KEY,
          POLICY,
          APPROVAL,
          OPERATION,
          KEY_STATEMENT,
          TRUST_FILE,
          CHECKPOINT,
          DEPENDENCY,
          SUMMARY ->
          Type.ENTITY;
    };
  }

  private static Relation relation(Type from, Type to) {
    return switch (from) {
      case ACTIVITY ->
          switch (to) {
            case ENTITY -> Relation.USED;
            case ACTIVITY -> Relation.INFORMED;
            case AGENT -> Relation.ASSOCIATED;
          };
      case ENTITY ->
          switch (to) {
            case ENTITY -> Relation.DERIVED;
            case ACTIVITY -> Relation.GENERATED;
            case AGENT -> Relation.ATTRIBUTED;
          };
      case AGENT -> to == Type.AGENT ? Relation.DELEGATED : Relation.INFLUENCED;
    };
  }
}
