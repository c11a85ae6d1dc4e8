// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.writ.policy.BootReference.Effect;
import dev.writ.policy.ReferenceSet.Bank;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a boot log must show, as a document says it. */
class BootReferenceTest {
  private static final String A = "a".repeat(64);
  private static final String B = "b".repeat(64);
  private static final String LEAST =
      "{\"pcrs\": [7, 4], \"secure_boot\": true, \"effect\": \"warn\"}";

  private static final String ALL =
      """
      {"pcrs": [0, 4, 7], "secure_boot": true, "dbx": ["%1$s", "%2$s"], "db": [],
       "authorities": ["%1$s"], "applications": {"sha256": ["%2$s"], "sha384": []},
       "command_lines": {"sha256": ["%1$s"]}, "effect": "refuse"}"""
          .formatted(A, B);

  /** Values of PCR 4, without which there are no command lines. */
  private static final String PCR_4 = "\"pcrs\": {\"sha256\": {\"4\": [\"" + A + "\"]}}, ";

  private static Samples.Draft draft(String boot) {
    return draft("", boot);
  }

  private static Samples.Draft draft(String pcrs, String boot) {
    return new Samples.Draft()
        .permit("all", "true")
        .with(
            "reference_values",
            "[{\"name\": \"s\", \"hosts\": [\"*\"], " + pcrs + "\"boot\": " + boot + "}]");
  }

  private static ReferenceSet read(String boot) throws MalformedPolicyException {
    return read("", boot);
  }

  private static ReferenceSet read(String pcrs, String boot) throws MalformedPolicyException {
    return PolicyDocument.parse(draft(pcrs, boot).bytes()).referenceSetFor("h").orElseThrow();
  }

  @Test
  void boot_allMembers_areRead() throws Exception {
    ReferenceSet set = read(PCR_4, ALL);

    assertThat(set.pcrs()).containsOnlyKeys(Bank.SHA256);
    assertThat(set.boot())
        .contains(
            new BootReference(
                Set.of(0, 4, 7),
                true,
                Set.of(A, B),
                Optional.of(Set.of()),
                Optional.of(Set.of(A)),
                Optional.of(Map.of(Bank.SHA256, Set.of(B), Bank.SHA384, Set.of())),
                Optional.of(Map.of(Bank.SHA256, Set.of(A))),
                Effect.REFUSE));
  }

  @Test
  void boot_whatIsAbsent_isNotJudged() throws Exception {
    BootReference boot = read(LEAST).boot().orElseThrow();

    assertThat(boot.pcrs()).containsExactly(4, 7);
    assertThat(boot.dbx()).isEmpty();
    assertThat(boot.db()).isEmpty();
    assertThat(boot.authorities()).isEmpty();
    assertThat(boot.applications()).isEmpty();
    assertThat(boot.commandLines()).isEmpty();
    assertThat(boot.effect()).isEqualTo(Effect.WARN);
  }

  @Test
  void boot_writtenByARevision_isReadTheSame() throws Exception {
    for (String boot : List.of(ALL, LEAST)) {
      ReferenceSet set = read(PCR_4, boot);
      PolicyDocument revised = draft(LEAST).document().revise().referenceSets(List.of(set)).build();
      assertThat(revised.referenceSets()).containsExactly(set);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"pcrs\": [7, 4],| |.pcrs",
        "[7, 4]|[]|.pcrs",
        "[7, 4]|[24]|.pcrs[0]",
        "[7, 4]|[-1]|.pcrs[0]",
        "[7, 4]|[7, 10]|.pcrs[1]",
        "[7, 4]|[16]|.pcrs[0]",
        "[7, 4]|[23]|.pcrs[0]",
        "[7, 4]|[\"7\"]|.pcrs[0]",
        "[7, 4]|[7, 7]|.pcrs",
        "\"secure_boot\": true,| |.secure_boot",
        "true|\"on\"|.secure_boot",
        "\"warn\"|\"ignore\"|.effect",
        ", \"effect\": \"warn\"| |.effect",
        "\"effect\"|\"dbx\": [\"00\"], \"effect\"|.dbx[0]",
        "\"effect\"|\"applications\": {\"sha1\": []}, \"effect\"|.applications.sha1",
        "\"effect\"|\"command_lines\": {\"sha384\": [\"00\"]}, \"effect\"|.command_lines.sha384[0]",
        "\"effect\"|\"more\": 1, \"effect\"|.more"
      })
  void boot_malformed_isRefusedByItsPath(String part, String replacement, String path) {
    assertThat(LEAST).contains(part);
    String boot = LEAST.replace(part, replacement == null ? "" : replacement);
    MalformedPolicyException refusal =
        catchThrowableOfType(
            MalformedPolicyException.class, () -> PolicyDocument.parse(draft(boot).bytes()).id());
    assertThat(refusal.path()).isEqualTo("$.reference_values[0].boot" + path);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|sha256",
        "\"pcrs\": {\"sha256\": {\"7\": [\"A\"]}},|sha256",
        "\"pcrs\": {\"sha256\": {\"4\": [\"A\"]}},|sha384"
      })
  void commandLines_withoutValuesOfPcr4InTheirBank_areRefused(String pcrs, String bank) {
    String boot =
        LEAST.replace("\"effect\"", "\"command_lines\": {\"" + bank + "\": []}, \"effect\"");
    MalformedPolicyException refusal =
        catchThrowableOfType(
            MalformedPolicyException.class,
            () -> PolicyDocument.parse(draft(pcrs.replace("A", A), boot).bytes()).id());
    assertThat(refusal.path()).isEqualTo("$.reference_values[0].boot");
    assertThat(refusal).hasMessageContaining("PCR 4 in " + bank);
  }

  @Test
  void pcrs_withoutBoot_mustBeGiven() {
    String set = "[{\"name\": \"s\", \"hosts\": [\"*\"]}]";
    MalformedPolicyException refusal =
        catchThrowableOfType(
            MalformedPolicyException.class,
            () -> PolicyDocument.parse(draft(LEAST).with("reference_values", set).bytes()).id());
    assertThat(refusal.path()).isEqualTo("$.reference_values[0].pcrs");
  }
}
