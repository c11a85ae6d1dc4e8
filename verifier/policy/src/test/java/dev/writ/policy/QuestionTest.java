// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.policy.Question.Entity;
import dev.writ.policy.Question.Properties;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a document lets be answered though nothing is attested, and what rules see of a question. */
class QuestionTest {
  private static final Path EXAMPLE = Path.of("../../docs/examples/authzen-policy.yaml");
  private static final String USERS =
      "[{\"subject\": \"user\", \"actions\": [\"read\"], \"resource\": \"record\"}]";

  private static Question question(String subject, String resource, Properties properties) {
    return new Question(
        new Entity(subject, "alice", properties),
        Properties.NONE,
        new Entity(resource, "1", Properties.NONE),
        Properties.NONE);
  }

  private static Inputs inputs(String action, Question question, Optional<Exec> exec) {
    return new Inputs(
        new Subject("", "", Optional.empty(), "user:alice"),
        new Request(
            action,
            "record:1",
            "",
            List.of("portal"),
            "dev",
            0,
            Map.of(),
            0,
            Optional.empty(),
            exec,
            Optional.of(question),
            Optional.empty(),
            Optional.empty()),
        Samples.GOVERNANCE,
        new Trust(Trust.Tier.NONE, false, Optional.empty(), Trust.Endorsement.ABSENT, Map.of()),
        new Env(Env.KeyStorage.MEMORY, 0, 0, false, Map.of(), "", Optional.empty()),
        Samples.NOW);
  }

  private static Inputs read() {
    return inputs("read", question("user", "record", Properties.NONE), Optional.empty());
  }

  private static List<String> denying(Decision decision) {
    return decision.reasons().stream().map(Decision.Reason::rule).toList();
  }

  @Test
  void question_whereTheDocumentNamesNone_isDeniedWhateverRulesSay() throws Exception {
    Decision decision = new Samples.Draft().permit("all", "true").policy().decide(read());

    assertThat(denying(decision)).containsExactly("document/questions");
    assertThat(((Decision.Deny) decision).code()).isEqualTo(PolicyCode.POLICY_DENIED);
  }

  @ParameterizedTest
  @CsvSource({
    "read,user,record,true",
    "write,user,record,false",
    "read,User,record,false",
    "read,user,records,false",
    "Read,user,record,false",
    "read,record,user,false"
  })
  void question_isAnsweredWhereTypesAndActionAreNamed(
      String action, String subject, String resource, boolean allowed) throws Exception {
    Policy policy = new Samples.Draft().with("questions", USERS).permit("all", "true").policy();

    Decision decision =
        policy.decide(
            inputs(action, question(subject, resource, Properties.NONE), Optional.empty()));

    assertThat(decision instanceof Decision.Allow).isEqualTo(allowed);
  }

  /** What must be attested is not, so that naming a question lets nothing through that rests on it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "trust.pcrs_match",
        "trust.tier <= Tier.WARNING",
        "trust.endorsement == Endorsement.TRUSTED",
        "env.key_storage == KeyStorage.TPM",
        "subject.host != ''",
        "has(request.parent)"
      })
  void question_underARuleThatDemandsAttestation_isDenied(String when) throws Exception {
    Policy policy = Samples.requiring(when).with("questions", USERS).policy();

    assertThat(denying(policy.decide(read()))).containsExactly("tested");
  }

  @Test
  void question_thatBindsAnExecution_isNone() throws Exception {
    Policy policy = new Samples.Draft().with("questions", USERS).permit("all", "true").policy();
    Exec exec = new Exec("/bin/true", "ab", Optional.empty(), "/", Map.of(), Map.of());
    Inputs both = inputs("read", question("user", "record", Properties.NONE), Optional.of(exec));

    assertThat(denying(policy.decide(both))).containsExactly("document/questions");
  }

  @Test
  void question_whileTheServiceIsFrozen_isDenied() throws Exception {
    Policy policy = new Samples.Draft().with("questions", USERS).permit("all", "true").policy();
    Inputs read = read();
    Inputs frozen =
        new Inputs(
            read.subject(),
            read.request(),
            new Governance(Optional.empty(), List.of(), Governance.Mode.FROZEN, 1),
            read.trust(),
            read.env(),
            read.now());

    assertThat(denying(policy.decide(frozen))).containsExactly("document/frozen");
  }

  @Test
  void request_ofAHost_isNotHeldToQuestions() throws Exception {
    Decision decision =
        new Samples.Draft().permit("all", "!has(request.question)").policy().decide(Samples.INPUTS);

    assertThat(decision).isInstanceOf(Decision.Allow.class);
    assertThat(decision.rules()).noneMatch(rule -> rule.rule().id().contains("questions"));
  }

  @Test
  void attributes_areApartByType() throws Exception {
    Properties given =
        new Properties(
            Map.of("a", "true"), Map.of("b", true), Map.of("c", 1L), Map.of("d", "[1.5]"));
    Policy policy =
        new Samples.Draft()
            .with("questions", USERS)
            .permit(
                "all",
                "request.question.subject.properties.texts['a'] == 'true'"
                    + " && request.question.subject.properties.flags['b']"
                    + " && request.question.subject.properties.integers['c'] == 1"
                    + " && request.question.subject.properties.others['d'] == '[1.5]'"
                    + " && !('a' in request.question.subject.properties.flags)"
                    + " && size(request.question.context.texts) == 0")
            .policy();
    Inputs inputs = inputs("read", question("user", "record", given), Optional.empty());

    assertThat(policy.decide(inputs)).isInstanceOf(Decision.Allow.class);
    assertThat(Inputs.parse(inputs.toJson()).toJson()).isEqualTo(inputs.toJson());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "[] | $.questions",
        "{} | $.questions",
        "[{~actions~: [~a~], ~resource~: ~r~}] | $.questions[0].subject",
        "[{~subject~: ~s~, ~actions~: [], ~resource~: ~r~}] | $.questions[0].actions",
        "[{~subject~: ~s~, ~actions~: [~a~], ~resource~: ~r~, ~x~: 1}] | $.questions[0].x",
        "[{~subject~: ~a b~, ~actions~: [~a~], ~resource~: ~r~}] | $.questions[0].subject"
      })
  void questions_notOfTheirForm_areRefusedByPath(String json, String path) {
    Samples.Draft draft =
        new Samples.Draft().with("questions", json.replace('~', '"')).permit("all", "true");

    assertThatThrownBy(draft::document)
        .isInstanceOf(MalformedPolicyException.class)
        .hasMessageContaining(path);
  }

  @Test
  void questions_tooManyForOneExpression_areRefused() {
    String actions =
        IntStream.range(0, 16)
            .mapToObj(i -> "\"" + "a".repeat(60) + i + "\"")
            .collect(Collectors.joining(",", "[", "]"));
    String one = "{\"subject\": \"s\", \"actions\": " + actions + ", \"resource\": \"r\"}";
    Samples.Draft draft =
        new Samples.Draft()
            .with("questions", "[" + one + "," + one + "," + one + "," + one + "]")
            .permit("all", "true");

    assertThatThrownBy(draft::document).hasMessageContaining("one expression of 4096 characters");
  }

  @Test
  void longestQuestions_thatAreRead_compile() throws Exception {
    String one = "{\"subject\": \"s\", \"actions\": [\"a\"], \"resource\": \"r\"}";
    String many = IntStream.range(0, 16).mapToObj(i -> one).collect(Collectors.joining(","));

    assertThat(
            new Samples.Draft().with("questions", "[" + many + "]").permit("all", "true").policy())
        .isNotNull();
  }

  private static List<String> warnings(Samples.Draft draft) {
    return PolicyLint.of(draft.bytes(), Samples.NOW).warnings().stream()
        .map(PolicyLint.Finding::sentence)
        .toList();
  }

  @Test
  void lint_tellsOfQuestionsThatNothingShowsOrReads() {
    assertThat(warnings(new Samples.Draft().with("questions", USERS).permit("all", "true")))
        .anyMatch(told -> told.contains("no enforced rule reads request.question"))
        .anyMatch(told -> told.contains("no test asks one"));
    assertThat(warnings(new Samples.Draft().permit("all", "has(request.question)")))
        .anyMatch(told -> told.contains("the document has no questions"));
  }

  @Test
  void example_saysWhatItsTestsSay_andNothingOfItIsUntested() throws Exception {
    byte[] file = Files.readAllBytes(EXAMPLE);
    TestReport report = PolicyTests.run(Policy.compile(PolicyDocument.parseAuthored(file)));

    assertThat(report.passed()).as(report.toString()).isTrue();
    assertThat(report.gaps()).isEmpty();
    assertThat(PolicyLint.of(file, Samples.NOW))
        .isEqualTo(new PolicyLint.Report(List.of(), List.of()));
    assertThat(new String(PolicyDocument.parseAuthored(file).canonical(), StandardCharsets.UTF_8))
        .contains("\"questions\":[{\"actions\":[\"read\",\"write\",\"delete\"]");
  }
}
