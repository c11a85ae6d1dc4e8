// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a rule sees of an execution, and which variables of its environment a document refuses. */
class ExecTest {
  private static final String LOADER_RULE = "document/loader_variables";

  private static final List<String> ARGV = List.of("python3", "/srv/report.py", "--month=10");

  private static Exec exec(Optional<List<String>> argv, Map<String, String> env) {
    return new Exec(
        "/usr/bin/python3", "ab".repeat(32), argv, "/srv", env, Map.of("/srv/report.py", "cd"));
  }

  private static Inputs inputs(Optional<Exec> exec) {
    Request r = Samples.REQUEST;
    Request request =
        new Request(
            r.action(),
            r.resource(),
            r.argsDigest(),
            r.audiences(),
            r.tenant(),
            r.maxUses(),
            r.limits(),
            r.depth(),
            r.parent(),
            exec);
    return new Inputs(
        Samples.SUBJECT, request, Samples.GOVERNANCE, Samples.TRUST, Samples.ENV, Samples.NOW);
  }

  private static Inputs withVariables(String... names) {
    return inputs(
        Optional.of(
            exec(
                Optional.of(ARGV),
                Stream.of(names).collect(Collectors.toMap(name -> name, name -> "00")))));
  }

  private static Decision decide(Samples.Draft draft, Inputs inputs) throws Exception {
    return draft.policy().decide(inputs);
  }

  private static Samples.Draft permitting() {
    return new Samples.Draft().permit("all", "true");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "has(request.exec) && has(request.exec.argv)",
        "request.exec.argv[1] == '/srv/report.py' && request.exec.argv.size() == 3",
        "request.exec.argv.all(a, !a.startsWith('--year'))",
        "request.exec.path == '/usr/bin/python3' && request.exec.cwd == '/srv'",
        "request.exec.exe_sha256.startsWith('abab')",
        "request.exec.env['LANG'] == '00' && request.exec.env.LANG == '00'",
        "request.exec.env.all(name, name in ['LANG', 'PATH'])",
        "request.exec.files == {'/srv/report.py': 'cd'}",
      })
  void rule_overExec_seesTheBinding(String when) throws Exception {
    Decision decision = decide(Samples.requiring(when), withVariables("LANG"));

    assertThat(Samples.result(decision, "tested").outcome()).isEqualTo(RuleResult.Outcome.TRUE);
    assertThat(decision).isInstanceOf(Decision.Allow.class);
  }

  @Test
  void rule_overArgv_deniesAnotherArgument() throws Exception {
    Decision decision =
        decide(
            Samples.requiring("request.exec.argv == ['python3', '/srv/report.py', '--month=11']"),
            withVariables());

    assertThat(decision.reasons()).extracting(Decision.Reason::rule).containsExactly("tested");
  }

  @Test
  void rule_overArgvThatIsAbsent_isInErrorAndDenies() throws Exception {
    Inputs inputs = inputs(Optional.of(exec(Optional.empty(), Map.of())));
    Decision read = decide(Samples.requiring("request.exec.argv.size() < 9"), inputs);
    Decision asked = decide(Samples.requiring("!has(request.exec.argv)"), inputs);

    assertThat(Samples.result(read, "tested").error()).contains(RuleError.ABSENT);
    assertThat(read).isInstanceOf(Decision.Deny.class);
    assertThat(asked).isInstanceOf(Decision.Allow.class);
  }

  @Test
  void rule_overExecThatIsAbsent_isInErrorUnlessItAsks() throws Exception {
    for (String when : List.of("request.exec.cwd == '/'", "has(request.exec.argv)")) {
      RuleResult result = Samples.evaluate(when);
      assertThat(result.error()).as(when).contains(RuleError.ABSENT);
      assertThat(result.saw()).extracting(SeenValue::json).containsExactly(Optional.empty());
    }
    assertThat(Samples.evaluate("!has(request.exec)").outcome()).isEqualTo(RuleResult.Outcome.TRUE);
  }

  @Test
  void rule_lists_whatItSawOfTheBinding() throws Exception {
    String when =
        "has(request.exec.argv) && request.exec.env.all(n, n == 'LANG')"
            + " && request.exec.files.size() < 9 && request.limits.cpu_s < 99";
    RuleResult result =
        Samples.result(decide(Samples.requiring(when), withVariables("LANG")), "tested");

    assertThat(result.saw())
        .extracting(seen -> seen.path() + " = " + seen.json().orElse("absent"))
        .containsExactly(
            "request.exec.argv = [\"python3\",\"/srv/report.py\",\"--month=10\"]",
            "request.exec.env = {\"LANG\":\"00\"}",
            "request.exec.files = {\"/srv/report.py\":\"cd\"}",
            "request.limits = {\"cpu_s\":10,\"mem_mb\":64}");
    RuleResult whole =
        Samples.result(
            decide(Samples.requiring("request.exec == request.exec"), withVariables("LANG")),
            "tested");
    assertThat(whole.outcome()).isEqualTo(RuleResult.Outcome.TRUE);
    assertThat(whole.saw().get(0).json().orElseThrow()).startsWith("{\"argv\":[\"python3\",");
  }

  @Test
  void rule_unknownFieldOfExec_isRefused() {
    assertThat(
            catchThrowableOfType(
                MalformedPolicyException.class,
                () -> Samples.requiring("request.exec.arguments.size() == 0").policy().document()))
        .hasMessageContaining("arguments");
  }

  @Test
  void inputs_withExec_areReadAsWritten() throws Exception {
    for (Inputs inputs :
        List.of(
            withVariables("LANG", "PATH"),
            inputs(Optional.of(exec(Optional.empty(), Map.of()))),
            inputs(Optional.empty()))) {
      assertThat(Inputs.parse(inputs.toJson())).isEqualTo(inputs);
    }
    assertThat(new String(Samples.INPUTS.toJson(), StandardCharsets.UTF_8))
        .doesNotContain("exec\":{");
  }

  @Test
  void inputs_execBeyondItsBounds_areDeniedUnseen() throws Exception {
    Map<String, String> env = new HashMap<>();
    IntStream.range(0, 257).forEach(i -> env.put("V" + i, ""));
    Decision decision = decide(permitting(), inputs(Optional.of(exec(Optional.of(ARGV), env))));

    assertThat(decision.reasons().get(0).admin())
        .contains("request.exec.env must have at most 256 entries, has 257");
    assertThat(decision.rules()).extracting(result -> result.rule().id()).contains(LOADER_RULE);
  }

  @Test
  void argv_beyondTheProfilesBounds_isAbsent() {
    assertThat(Exec.argvWithinBounds(Collections.nCopies(256, "x".repeat(4_096)))).isPresent();
    assertThat(Exec.argvWithinBounds(Collections.nCopies(257, ""))).isEmpty();
    assertThat(Exec.argvWithinBounds(List.of("x".repeat(4_097)))).isEmpty();
    assertThat(Exec.argvWithinBounds(List.of("\ud800"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "LD_PRELOAD",
        "LD_",
        "DYLD_INSERT_LIBRARIES",
        "BASH_FUNC_ls%%",
        "PYTHONPATH",
        "PERL5OPT",
        "COMPlus_EnableDiagnostics",
        "_JAVA_OPTIONS",
        "ENV",
        "AWKPATH"
      })
  void loaderVariable_notListed_isPolicyDenied(String name) throws Exception {
    Decision.Deny deny =
        (Decision.Deny)
            decide(permitting().with("loader_variables", "[\"IFS\"]"), withVariables("PATH", name));

    assertThat(LoaderVariables.contains(name)).isTrue();
    assertThat(deny.code()).isEqualTo(PolicyCode.POLICY_DENIED);
    assertThat(deny.reasons()).extracting(Decision.Reason::rule).containsExactly(LOADER_RULE);
    assertThat(Samples.result(deny, LOADER_RULE).saw())
        .extracting(SeenValue::path)
        .containsExactly("request.exec.env");
  }

  @Test
  void loaderVariable_noneListed_isPolicyDenied() throws Exception {
    for (Samples.Draft draft : List.of(permitting(), permitting().with("loader_variables", "[]"))) {
      assertThat(decide(draft, withVariables("LD_PRELOAD")).reasons())
          .extracting(Decision.Reason::rule)
          .containsExactly(LOADER_RULE);
    }
  }

  @Test
  void loaderVariable_listed_isAllowedAndNoOther() throws Exception {
    Samples.Draft draft =
        permitting().with("loader_variables", "[\"PYTHONUNBUFFERED\", \"LD_LIBRARY_PATH\"]");

    assertThat(decide(draft, withVariables("PYTHONUNBUFFERED", "LD_LIBRARY_PATH", "LANG")))
        .isInstanceOf(Decision.Allow.class);
    for (String other : List.of("LD_PRELOAD", "PYTHONUNBUFFERED_", "LD_LIBRARY_PATH_64")) {
      assertThat(decide(draft, withVariables("PYTHONUNBUFFERED", other)))
          .as(other)
          .isInstanceOf(Decision.Deny.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"PATH", "HOME", "LANG", "LC_ALL", "TERM", "ld_preload", "MYLD_X", "NODE_ENV"})
  void variable_thatLoadsNothing_isAllowed(String name) throws Exception {
    assertThat(LoaderVariables.contains(name)).isFalse();
    assertThat(decide(permitting(), withVariables(name))).isInstanceOf(Decision.Allow.class);
  }

  /** The decision on what is no execution is the same bytes whether or not the member is there. */
  @Test
  void requestWithoutExec_isNotJudgedByTheRule() throws Exception {
    Decision decision = decide(permitting(), inputs(Optional.empty()));

    assertThat(decision.rules())
        .extracting(result -> result.rule().id())
        .containsExactly("document/effective_from", "document/expires", "all");
  }

  /** Shadow mode is for a document's rules: this one enforces. */
  @Test
  void loaderRule_standsBeforeAllStages() throws Exception {
    Samples.Draft draft =
        permitting().rule("t", "trust", "require", "false", "environment_untrusted");
    Decision decision = decide(draft, withVariables("LD_PRELOAD"));

    assertThat(decision.reasons())
        .extracting(Decision.Reason::rule)
        .containsExactly(LOADER_RULE, "t");
    assertThat(((Decision.Deny) decision).code()).isEqualTo(PolicyCode.POLICY_DENIED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[\"HOME\"] | names of loader and interpreter variables",
        "[\"LD_*\"] | the name of a variable",
        "[\"LD_A\", \"LD_A\"] | different strings",
        "\"LD_A\" | an array of 0 to 32",
        "[7] | the name of a variable",
      })
  void loaderVariables_malformed_areRefused(String json, String mustBe) {
    MalformedPolicyException refusal =
        catchThrowableOfType(
            MalformedPolicyException.class,
            () -> permitting().with("loader_variables", json).document().id());

    assertThat(refusal.path()).startsWith("$.loader_variables");
    assertThat(refusal.mustBe()).contains(mustBe);
  }

  @Test
  void loaderVariables_asManyAndAsLongAsTheyMayBe_makeAnExpressionOfTheProfile() throws Exception {
    List<String> names =
        IntStream.range(0, 32).mapToObj(i -> "LD_" + "A".repeat(59) + (10 + i)).toList();
    PolicyDocument document = permitting().document().revise().loaderVariables(names).build();
    Map<String, String> env = new HashMap<>();
    IntStream.range(0, 250).forEach(i -> env.put("V" + i, "00"));
    env.put(names.get(31), "00");

    assertThat(document.loaderVariables()).containsExactlyInAnyOrderElementsOf(names);
    assertThat(Policy.compile(document).decide(inputs(Optional.of(exec(Optional.of(ARGV), env)))))
        .isInstanceOf(Decision.Allow.class);
    assertThat(
            catchThrowableOfType(
                MalformedPolicyException.class,
                () ->
                    document
                        .revise()
                        .loaderVariables(Stream.concat(names.stream(), Stream.of("IFS")).toList())
                        .build()
                        .id()))
        .hasMessageContaining("0 to 32");
  }

  /** The page lists what the code has. */
  @Test
  void loaderVariables_inThePackagesPage_areThoseOfTheCode() throws Exception {
    String page = Files.readString(Path.of("src/main/java/dev/writ/policy/package-info.java"));
    String block = page.substring(page.indexOf("<h2>Loader and interpreter variables</h2>"));
    block = block.substring(block.indexOf("<pre>") + 5, block.indexOf("</pre>"));
    List<String> listed =
        block
            .lines()
            .map(line -> line.substring(Math.min(line.length(), 19)))
            .flatMap(line -> Stream.of(line.trim().split(" +")))
            .filter(name -> !name.isEmpty())
            .toList();

    assertThat(listed)
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(
                    LoaderVariables.PREFIXES.stream().map(prefix -> prefix + "*"),
                    LoaderVariables.NAMES.stream())
                .toList());
  }
}
