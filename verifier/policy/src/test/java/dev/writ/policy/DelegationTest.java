// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Rules over what a request hands on and under what it is asked for, and a document's tests over both. */
class DelegationTest {
  private static final String UNDER_THE_AGENT =
      "has(request.above) && request.above.workload == 'agent' && request.above.action == 'exec'"
          + " && request.above.resource == '/usr/bin/agent' && !has(request.delegable)";
  private static final String HANDS_ON_LITTLE =
      "!has(request.above) && has(request.delegable) && request.delegable.max_uses > 0"
          + " && request.delegable.resources.all(r, r.startsWith('/usr/bin/'))"
          + " && request.delegable.actions == ['exec'] && size(request.delegable.audiences) == 1";

  private static String above(String workload) {
    return "\"above\": {\"workload\": \"%s\", \"action\": \"exec\", \"resource\": \"/usr/bin/agent\"}"
        .formatted(workload);
  }

  private static String delegable(int uses) {
    return ("\"delegable\": {\"actions\": [\"exec\"], \"resources\": [\"/usr/bin/x\"],"
            + " \"audiences\": [\"g\"], \"max_uses\": %d}")
        .formatted(uses);
  }

  private static String test(String name, String request, String expect) {
    return "{\"name\": \"%s\", \"inputs\": {\"request\": {%s}}, \"expect\": \"%s\"}"
        .formatted(name, request, expect);
  }

  @Test
  void rules_seeWhatIsHandedOn_andWhatStandsAbove() throws Exception {
    List<String> tests =
        List.of(
            test("tool", above("agent"), "allow"),
            test("anothers", above("other"), "policy_denied"),
            test("handed-on", above("agent") + ", " + delegable(1), "policy_denied"),
            test("agent", delegable(9), "allow"),
            test("uncounted", delegable(0), "policy_denied"),
            test("alone", "\"action\": \"exec\"", "policy_denied"));
    TestReport report =
        PolicyTests.run(
            new Samples.Draft()
                .permit("tools", UNDER_THE_AGENT)
                .permit("agent", HANDS_ON_LITTLE)
                .with("tests", "[" + String.join(",", tests) + "]")
                .policy());
    assertThat(report.failures()).isEmpty();
    assertThat(report.tests()).hasSize(6);
  }

  /** What was decided before there were such inputs keeps its bytes, and what has them is read as written. */
  @Test
  void inputs_withoutThem_areTheBytesOfBefore_andWithThem_readAsWritten() throws Exception {
    Inputs none = Samples.INPUTS;
    assertThat(new String(none.toJson(), StandardCharsets.UTF_8))
        .doesNotContain("above", "delegable");
    Request request = none.request();
    Inputs both =
        new Inputs(
            none.subject(),
            new Request(
                request.action(),
                request.resource(),
                request.argsDigest(),
                request.audiences(),
                request.tenant(),
                request.maxUses(),
                request.limits(),
                1,
                Optional.of("p"),
                request.exec(),
                Optional.empty(),
                Optional.of(new Delegation(List.of("exec"), List.of("/a"), List.of("g"), 3)),
                Optional.of(new Delegation.Above("agent", "exec", "/usr/bin/agent"))),
            none.governance(),
            none.trust(),
            none.env(),
            none.now());
    assertThat(Inputs.parse(both.toJson())).isEqualTo(both);
  }
}
