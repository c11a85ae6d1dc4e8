// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * OpenLineage RunEvents: one where a run was permitted, one for each outcome. When a run began is in no
 * leaf, so that there is no event of type START.
 */
final class OpenLineageEvents {
  private static final String SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/";
  private static final String PARENT =
      "https://openlineage.io/spec/facets/1-0-1/ParentRunFacet.json#/$defs/ParentRunFacet";

  private final Lineage lineage;
  private final LeafBody.DecisionAllow allow;
  private final Optional<ArtifactClaims> opened;

  private OpenLineageEvents(Lineage lineage, LeafBody.DecisionAllow allow) {
    this.lineage = lineage;
    this.allow = allow;
    this.opened = lineage.openings().artifact(allow.artifactDigest());
  }

  /**
   * The event of a leaf; of most kinds there is none, nor of a leaf that breaks a rule: what an outcome says of
   * an artifact that is not its parent's, or an allow of a policy that is not in force, is no event of that run.
   */
  static Optional<byte[]> of(Lineage lineage, IndexedLeaf leaf) throws IOException {
    boolean decides = leaf.leaf().body() instanceof LeafBody.DecisionAllow;
    boolean ends = leaf.leaf().body() instanceof LeafBody.Outcome;
    if (!(decides || ends) || !LineageCheck.of(lineage, leaf).isEmpty()) {
      return Optional.empty();
    }
    if (leaf.leaf().body() instanceof LeafBody.DecisionAllow allow) {
      Map<String, Object> facts =
          new LinkedHashMap<>(LineageExport.withdrawn(lineage, leaf.index()));
      return Optional.of(new OpenLineageEvents(lineage, allow).event(leaf, "OTHER", facts));
    }
    if (leaf.leaf().body() instanceof LeafBody.Outcome outcome) {
      for (IndexedLeaf parent : lineage.parents(leaf)) {
        if (parent.leaf().body() instanceof LeafBody.DecisionAllow allow) {
          Map<String, Object> facts = new LinkedHashMap<>();
          facts.put("state", outcome.state().wire());
          facts.put("reporter", outcome.reporter().wire());
          return Optional.of(
              new OpenLineageEvents(lineage, allow).event(leaf, type(outcome.state()), facts));
        }
      }
    }
    return Optional.empty();
  }

  private static String type(OutcomeState state) {
    return switch (state) {
      case OK -> "COMPLETE";
      case FAILED -> "FAIL";
      case UNKNOWN -> "OTHER";
    };
  }

  private byte[] event(IndexedLeaf leaf, String type, Map<String, Object> facts)
      throws IOException {
    facts.put("_producer", LineageExport.PRODUCER);
    facts.put("_schemaURL", SPEC + "RunFacet");
    facts.put("jti", allow.jti().toString());
    facts.put("artifact_digest", allow.artifactDigest());
    facts.put("leaf", leaf.index());
    Map<String, Object> facets = new LinkedHashMap<>();
    facets.put("writ_lineage", facts);
    parent().ifPresent(parent -> facets.put("parent", parent));
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("eventType", type);
    event.put("eventTime", leaf.leaf().time().toString());
    event.put("producer", LineageExport.PRODUCER);
    event.put("schemaURL", SPEC + "RunEvent");
    event.put("run", Map.of("runId", run(), "facets", facets));
    event.put("job", job());
    event.put("inputs", inputs());
    event.put("outputs", List.of());
    return Jcs.canonical(event);
  }

  /** The execution where it is known, so that artifacts that renew one are one run. */
  private String run() {
    return opened.map(claims -> claims.lineage().execution()).orElse(allow.jti()).toString();
  }

  /** A request's digest is the same each time that the same is asked for. */
  private Map<String, Object> job() {
    String name =
        opened
            .map(claims -> claims.act().action() + " " + claims.act().resource())
            .orElse("request " + allow.requestDigest());
    return Map.of("namespace", origin(), "name", name);
  }

  private Optional<Map<String, Object>> parent() throws IOException {
    Optional<UuidV7> jti =
        allow.parent().or(() -> opened.flatMap(claims -> claims.lineage().parent()));
    OptionalLong at = jti.isEmpty() ? OptionalLong.empty() : lineage.ofArtifact(jti.get());
    if (at.isEmpty()
        || !(lineage.leaf(at.getAsLong()).orElseThrow().body()
            instanceof LeafBody.DecisionAllow ofParent)) {
      return Optional.empty();
    }
    OpenLineageEvents parent = new OpenLineageEvents(lineage, ofParent);
    return Optional.of(
        Map.of(
            "_producer",
            LineageExport.PRODUCER,
            "_schemaURL",
            PARENT,
            "run",
            Map.of("runId", parent.run()),
            "job",
            parent.job()));
  }

  private List<Map<String, Object>> inputs() {
    List<Map<String, Object>> inputs = new ArrayList<>();
    inputs.add(dataset("policy", allow.policyDigest()));
    inputs.add(dataset("evidence", allow.evidenceDigest()));
    opened.ifPresent(claims -> inputs.add(dataset("dependency", claims.act().argsDigest())));
    return inputs;
  }

  private Map<String, Object> dataset(String kind, Hash digest) {
    return Map.of("namespace", origin(), "name", kind + " " + digest);
  }

  private String origin() {
    return lineage.source().checkpoint().origin();
  }
}
