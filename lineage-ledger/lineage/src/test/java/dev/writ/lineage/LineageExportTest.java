// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import static dev.writ.lineage.SampleLog.artifact;
import static dev.writ.lineage.SampleLog.uuid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.Leaf;
import dev.writ.tlog.Hash;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Exports have the form that the published schemas and specifications demand. */
class LineageExportTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The two members of each relation of the PROV-JSON schema that it requires. */
  private static final Map<String, List<String>> ENDS =
      Map.of(
          "used", List.of("prov:activity", "prov:entity"),
          "wasGeneratedBy", List.of("prov:entity", "prov:activity"),
          "wasDerivedFrom", List.of("prov:generatedEntity", "prov:usedEntity"),
          "wasInformedBy", List.of("prov:informed", "prov:informant"),
          "wasAssociatedWith", List.of("prov:activity", "prov:agent"),
          "wasAttributedTo", List.of("prov:entity", "prov:agent"),
          "actedOnBehalfOf", List.of("prov:delegate", "prov:responsible"),
          "wasInfluencedBy", List.of("prov:influencee", "prov:influencer"));

  private static List<JsonNode> documents(SampleLog log, ExportFormat format) throws Exception {
    Lineage lineage = log.read();
    return documents(LineageExport.of(lineage, lineage.range(0, log.leaves.size()), format));
  }

  private static byte[] export(ExportFormat format, Artifact... opened) throws Exception {
    Lineage lineage = SampleLog.whole().read(opened);
    return LineageExport.of(lineage, lineage.range(0, 17), format);
  }

  private static List<JsonNode> documents(ExportFormat format, Artifact... opened)
      throws Exception {
    return documents(export(format, opened));
  }

  private static List<JsonNode> documents(byte[] lines) throws Exception {
    List<JsonNode> documents = new ArrayList<>();
    for (String line : new String(lines, StandardCharsets.UTF_8).lines().toList()) {
      documents.add(JSON.readTree(line));
    }
    return documents;
  }

  @ParameterizedTest
  @EnumSource(ExportFormat.class)
  void export_isTheSameTwice_inCanonicalLines(ExportFormat format) throws Exception {
    byte[] once = export(format, artifact(1).build());
    assertThat(export(format, artifact(1).build())).isEqualTo(once);
    for (String line : new String(once, StandardCharsets.UTF_8).lines().toList()) {
      Map<String, Object> members = JSON.readerForMapOf(Object.class).readValue(line);
      assertThat(new String(Jcs.canonical(members), StandardCharsets.UTF_8)).isEqualTo(line);
    }
  }

  @Test
  void prov_hasTheMembersOfItsSchemaAlone_andEveryEndIsOfItsType() throws Exception {
    JsonNode document = documents(ExportFormat.PROV, artifact(1).build()).get(0);
    Set<String> described = Set.of("prefix", "entity", "activity", "agent");
    int relations = 0;
    for (Map.Entry<String, JsonNode> member : document.properties()) {
      if (described.contains(member.getKey())) {
        continue;
      }
      List<String> ends = ENDS.getOrDefault(member.getKey(), List.of());
      assertThat(ends).as(member.getKey()).hasSize(2);
      for (JsonNode relation : member.getValue()) {
        relations++;
        for (String end : ends) {
          String name = relation.path(end).asText();
          assertThat(name).as("%s of %s", end, relation).startsWith("log:");
          String type = end.endsWith("ntity") ? "entity" : end.substring("prov:".length());
          if (described.contains(type)) {
            assertThat(document.path(type).has(name)).as("%s as %s", name, type).isTrue();
          }
        }
      }
    }
    assertThat(relations).isGreaterThan(40);
    for (JsonNode prefix : document.path("prefix")) {
      assertThat(URI.create(prefix.asText()).isAbsolute()).isTrue();
    }
  }

  @Test
  void prov_namesEachNodeOnce_withTheLeafItComesFrom() throws Exception {
    JsonNode document = documents(ExportFormat.PROV).get(0);
    JsonNode decision = document.path("activity").path("log:decision.5");
    assertThat(decision.path("writ:leaf").asInt()).isEqualTo(5);
    assertThat(decision.path("writ:result").asText()).isEqualTo("allow");
    assertThat(document.path("wasGeneratedBy"))
        .filteredOn(relation -> relation.path("prov:entity").asText().startsWith("log:artifact."))
        .extracting(relation -> relation.path("writ:relation").asText())
        .containsExactly("issuedFrom");
  }

  private static void requireRunEvent(JsonNode event) {
    assertThat(event.path("eventType").asText())
        .isIn("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER");
    assertThat(Instant.parse(event.path("eventTime").asText())).isAfter(Instant.EPOCH);
    assertThat(URI.create(event.path("producer").asText()).isAbsolute()).isTrue();
    assertThat(URI.create(event.path("schemaURL").asText()).isAbsolute()).isTrue();
    assertThat(UUID.fromString(event.path("run").path("runId").asText())).isNotNull();
    for (JsonNode facet : event.path("run").path("facets")) {
      assertThat(URI.create(facet.path("_producer").asText()).isAbsolute()).isTrue();
      assertThat(URI.create(facet.path("_schemaURL").asText()).isAbsolute()).isTrue();
    }
    requireName(event.path("job"));
    event.path("inputs").forEach(LineageExportTest::requireName);
    assertThat(event.path("outputs").isArray()).isTrue();
  }

  private static void requireName(JsonNode named) {
    assertThat(named.path("namespace").asText()).isNotEmpty();
    assertThat(named.path("name").asText()).isNotEmpty();
  }

  @Test
  void openLineage_hasAnEventForPermissionAndOutcome_ofOneRun() throws Exception {
    for (List<JsonNode> events :
        List.of(
            documents(ExportFormat.OPENLINEAGE),
            documents(ExportFormat.OPENLINEAGE, artifact(1).build()))) {
      events.forEach(LineageExportTest::requireRunEvent);
      assertThat(events)
          .extracting(event -> event.path("eventType").asText())
          .containsExactly("OTHER", "COMPLETE");
      assertThat(events)
          .extracting(event -> event.path("run").path("runId").asText())
          .containsOnly(events.get(0).path("run").path("runId").asText());
    }
  }

  @Test
  void openLineage_namesProgramAndParent_whereTheyWereOpened() throws Exception {
    SampleLog log = new SampleLog();
    Artifact parent = artifact(1).build();
    Artifact child = artifact(2).lineage(uuid(1002), uuid(1), uuid(1001), 1).build();
    log.allowed(parent);
    Leaf allow = log.allowed(child);
    log.ended(allow, 2);
    Lineage lineage = log.read(parent, child);
    String text =
        new String(
            LineageExport.of(lineage, lineage.range(7, 8), ExportFormat.OPENLINEAGE),
            StandardCharsets.UTF_8);
    JsonNode event = JSON.readTree(text);
    requireRunEvent(event);
    assertThat(event.path("run").path("runId").asText()).isEqualTo(uuid(1002).toString());
    assertThat(event.path("job").path("name").asText()).isEqualTo("exec /usr/bin/payroll");
    JsonNode facet = event.path("run").path("facets").path("parent");
    assertThat(facet.path("run").path("runId").asText()).isEqualTo(uuid(1001).toString());
    requireName(facet.path("job"));
  }

  private static JsonNode requireStatement(JsonNode statement, String type) {
    assertThat(statement.path("_type").asText()).isEqualTo("https://in-toto.io/Statement/v1");
    assertThat(statement.path("predicateType").asText()).isEqualTo(type);
    assertThat(statement.path("subject")).isNotEmpty();
    for (JsonNode subject : statement.path("subject")) {
      assertThat(subject.path("digest")).isNotEmpty();
    }
    return statement.path("predicate");
  }

  @Test
  void vsa_hasWhatItsSpecificationRequires_forAllowsAndDenials() throws Exception {
    SampleLog log = new SampleLog();
    log.allowed(1);
    log.add(List.of(log.policy), SampleLog.deny(DenialCode.POLICY_DENIED));
    List<JsonNode> statements = documents(log, ExportFormat.VSA);
    assertThat(statements).hasSize(2);
    for (JsonNode statement : statements) {
      JsonNode predicate = requireStatement(statement, "https://slsa.dev/verification_summary/v1");
      assertThat(URI.create(predicate.path("verifier").path("id").asText()).isAbsolute()).isTrue();
      assertThat(Instant.parse(predicate.path("timeVerified").asText())).isAfter(Instant.EPOCH);
      assertThat(URI.create(predicate.path("resourceUri").asText()).isAbsolute()).isTrue();
      assertThat(predicate.path("policy").path("uri").asText()).isNotEmpty();
      assertThat(predicate.path("policy").path("digest")).isNotEmpty();
      String result = predicate.path("verificationResult").asText();
      assertThat(result).isIn("PASSED", "FAILED");
      assertThat(predicate.path("verifiedLevels")).isNotEmpty();
      for (JsonNode level : predicate.path("verifiedLevels")) {
        assertThat(level.asText()).doesNotStartWith("SLSA_");
        assertThat(level.asText().equals("FAILED")).isEqualTo(result.equals("FAILED"));
      }
    }
    assertThat(statements)
        .extracting(s -> s.path("predicate").path("verificationResult").asText())
        .containsExactly("PASSED", "FAILED");
  }

  @Test
  void svr_hasWhatItsSpecificationRequires_forAllowsAlone() throws Exception {
    SampleLog log = new SampleLog();
    log.allowed(1);
    List<JsonNode> statements = documents(log, ExportFormat.SVR);
    assertThat(statements).hasSize(1);
    JsonNode predicate =
        requireStatement(statements.get(0), "https://in-toto.io/attestation/svr/v0.1");
    assertThat(URI.create(predicate.path("verifier").path("id").asText()).isAbsolute()).isTrue();
    assertThat(Instant.parse(predicate.path("timeCreated").asText())).isAfter(Instant.EPOCH);
    assertThat(predicate.path("properties")).isNotEmpty();
    assertThat(statements.get(0).path("subject").get(0).path("digest").path("sha256").asText())
        .isEqualTo(artifact(1).build().digest().hex());
  }

  @Test
  void artifactThatWasWithdrawn_hasFailed() throws Exception {
    JsonNode statement = documents(ExportFormat.VSA).get(0);
    JsonNode predicate = requireStatement(statement, "https://slsa.dev/verification_summary/v1");
    assertThat(predicate.path("verificationResult").asText()).isEqualTo("FAILED");
    assertThat(predicate.path("urn:writ:ns:against").path("withdrawn_by").asInt()).isEqualTo(7);
    assertThat(documents(ExportFormat.SVR)).isEmpty();
    assertThat(documents(ExportFormat.OPENLINEAGE).get(0).path("run").path("facets"))
        .anyMatch(facet -> facet.path("withdrawn_by").asInt() == 7);
  }

  /** Whether it had ended an artifact says which nobody opens. */
  @Test
  void artifactThatMayHaveBeenWithdrawn_hasNotPassed() throws Exception {
    SampleLog log = new SampleLog();
    log.allowed(1);
    log.add(List.of(log.host), SampleLog.bootRevocation(Hash.sha256(SampleLog.AK.bytes())));
    JsonNode predicate = documents(log, ExportFormat.VSA).get(0).path("predicate");
    assertThat(predicate.path("verificationResult").asText()).isEqualTo("FAILED");
    assertThat(predicate.path("urn:writ:ns:against").path("may_be_withdrawn_by").asInt())
        .isEqualTo(6);
    assertThat(documents(log, ExportFormat.SVR)).isEmpty();
  }

  @Test
  void allowOfAPolicyThatIsNotInForce_hasFailed_andItsRunHasNoEvents() throws Exception {
    SampleLog log = new SampleLog();
    log.add(List.of(log.policy), SampleLog.inForce(2));
    Leaf allow = log.allowed(1);
    log.ended(allow, 1);
    JsonNode predicate = documents(log, ExportFormat.VSA).get(0).path("predicate");
    assertThat(predicate.path("verificationResult").asText()).isEqualTo("FAILED");
    assertThat(predicate.path("verifiedLevels").get(0).asText()).isEqualTo("FAILED");
    assertThat(predicate.path("urn:writ:ns:against").path("rules_broken").get(0).asText())
        .isEqualTo("epoch_in_force");
    assertThat(documents(log, ExportFormat.SVR)).isEmpty();
    assertThat(documents(log, ExportFormat.OPENLINEAGE)).isEmpty();
  }

  @Test
  void outcomeOfAnotherArtifactThanItsParents_completesNoRun() throws Exception {
    SampleLog log = new SampleLog();
    Leaf allow = log.allowed(1);
    log.ended(allow, 2);
    assertThat(documents(log, ExportFormat.OPENLINEAGE))
        .extracting(event -> event.path("eventType").asText())
        .containsExactly("OTHER");
  }

  @Test
  void exportOfAGraphThatWasCut_isRefused() throws Exception {
    Lineage lineage =
        Lineage.read(MemoryLog.ofLeaves(SampleLog.whole().leaves).open(), Openings.NONE, 16);
    LineageGraph graph = lineage.range(0, 17);
    assertThatThrownBy(() -> LineageExport.of(lineage, graph, ExportFormat.PROV))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a shorter range");
  }
}
