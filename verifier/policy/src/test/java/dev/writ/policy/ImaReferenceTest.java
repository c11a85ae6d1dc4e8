// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.writ.policy.ImaReference.Effect;
import dev.writ.policy.ReferenceSet.Bank;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a kernel may have measured, as a document says it. */
class ImaReferenceTest {
  private static final String A = "a".repeat(64);
  private static final String B = "b".repeat(64);
  private static final String KEY = "MFkw".repeat(20);
  private static final String LEAST = "{\"unlisted\": \"warn\", \"violations\": \"count\"}";

  private static final String ALL =
      """
      {"digests": {"sha256": ["%1$s", "%2$s"]},
       "files": {"/usr/bin/b": {"sha256": ["%1$s"]}, "/usr/bin/a": {"sha256": []}},
       "signers": ["%3$s"], "excluded": ["/run/", "/tmp/*.log"],
       "keyrings": {".ima": ["%2$s"]}, "unlisted": "refuse", "violations": "warn"}"""
          .formatted(A, B, KEY);

  private static Samples.Draft draft(String ima) {
    return new Samples.Draft()
        .permit("all", "true")
        .with("reference_values", "[{\"name\": \"s\", \"hosts\": [\"*\"], \"ima\": " + ima + "}]");
  }

  private static ReferenceSet read(String ima) throws MalformedPolicyException {
    return PolicyDocument.parse(draft(ima).bytes()).referenceSetFor("h").orElseThrow();
  }

  @Test
  void ima_allMembers_areRead() throws Exception {
    assertThat(read(ALL).ima())
        .contains(
            new ImaReference(
                Map.of(Bank.SHA256, Set.of(A, B)),
                Map.of(
                    "/usr/bin/a",
                    Map.of(Bank.SHA256, Set.of()),
                    "/usr/bin/b",
                    Map.of(Bank.SHA256, Set.of(A))),
                Set.of(KEY),
                Set.of("/run/", "/tmp/*.log"),
                Map.of(".ima", Set.of(B)),
                Effect.REFUSE,
                Effect.WARN));
  }

  @Test
  void ima_whatIsAbsent_allowsNothing() throws Exception {
    assertThat(read(LEAST).ima())
        .contains(
            new ImaReference(
                Map.of(), Map.of(), Set.of(), Set.of(), Map.of(), Effect.WARN, Effect.COUNT));
  }

  @Test
  void ima_writtenByARevision_isReadTheSame() throws Exception {
    for (String ima : List.of(ALL, LEAST)) {
      ReferenceSet set = read(ima);
      PolicyDocument revised = draft(LEAST).document().revise().referenceSets(List.of(set)).build();
      assertThat(revised.referenceSets()).containsExactly(set);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"unlisted\": \"warn\", | |.unlisted",
        "\"warn\"|\"allow\"|.unlisted",
        "\"count\"|\"allow\"|.violations",
        "\"unlisted\"|\"digests\": {\"sha1\": []}, \"unlisted\"|.digests.sha1",
        "\"unlisted\"|\"digests\": {\"sha256\": [\"00\"]}, \"unlisted\"|.digests.sha256[0]",
        "\"unlisted\"|\"files\": [], \"unlisted\"|.files",
        "\"unlisted\"|\"files\": {\"\": {}}, \"unlisted\"|.files[\"\"]",
        "\"unlisted\"|\"files\": {\"/a\": {\"md5\": []}}, \"unlisted\"|.files[\"/a\"].md5",
        "\"unlisted\"|\"excluded\": [\"/\"], \"unlisted\"|.excluded[0]",
        "\"unlisted\"|\"excluded\": [\"run/\"], \"unlisted\"|.excluded[0]",
        "\"unlisted\"|\"signers\": [\"PEM\"], \"unlisted\"|.signers[0]",
        "\"unlisted\"|\"keyrings\": {\"a b\": []}, \"unlisted\"|.keyrings[\"a b\"]",
        "\"unlisted\"|\"more\": 1, \"unlisted\"|.more"
      })
  void ima_malformed_isRefusedByItsPath(String part, String replacement, String path) {
    assertThat(LEAST).contains(part);
    String ima = LEAST.replace(part, replacement == null ? "" : replacement);
    MalformedPolicyException refusal =
        catchThrowableOfType(
            MalformedPolicyException.class, () -> PolicyDocument.parse(draft(ima).bytes()).id());
    assertThat(refusal.path()).isEqualTo("$.reference_values[0].ima" + path);
  }
}
