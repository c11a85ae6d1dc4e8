// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.policy.Env;
import dev.writ.policy.Governance;
import dev.writ.policy.Inputs;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.Policy;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.Request;
import dev.writ.policy.Subject;
import dev.writ.policy.Trust;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A policy of so many rules, in Writ's language and Cedar's, and requests to it; OPA's is made by {@code
 * src/main/wasm}.
 *
 * <p>The machine must be measured, the service must not be frozen, and each other rule permits one action
 * on the hosts of one name, with so many uses at most. Of the requests half ask for more uses.
 *
 * @param rules how many
 */
record DecideRules(int rules) {
  /** Those that permit nothing. */
  private static final int DENYING = 2;

  private static final int REQUESTS = 256;
  private static final String HASH = "0".repeat(64);

  /** What differs between requests; the rest of a request's inputs is alike. */
  record Asked(String action, long maxUses, String host) {
    boolean isAllowed() {
      return maxUses == 1;
    }
  }

  /** Requests that go round the rules. */
  List<Asked> requests() {
    List<Asked> requests = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      int permit = (int) ((long) i * (rules - DENYING) / REQUESTS);
      requests.add(new Asked("action-" + permit, i % 2 + 1, "host-" + permit + "-a"));
    }
    return requests;
  }

  Policy writ() throws MalformedPolicyException {
    StringBuilder document =
        new StringBuilder(
            """
            {"type": "writ-policy-v1", "profile": "writ-cel-1", "id": "decide", "version": 1,
             "author": "nobody", "effective_from": "2026-01-01T00:00:00Z",
             "expires": "2036-01-01T00:00:00Z", "targets": ["*"], "lifetime_s": 300,
             "reference_values": [], "rules": [
            """);
    document.append(rule("measured", "trust", "require", "trust.pcrs_match")).append(",\n");
    document.append(rule("frozen", "requirement", "forbid", "governance.mode == Mode.FROZEN"));
    for (int i = 0; i < rules - DENYING; i++) {
      String when =
          "request.action == 'action-%d' && request.max_uses <= 1 && subject.host.startsWith('host-%d')"
              .formatted(i, i);
      document.append(",\n").append(rule("permit-" + i, "authorization", "permit", when));
    }
    return Policy.compile(
        PolicyDocument.parse(document.append("]}").toString().getBytes(StandardCharsets.UTF_8)));
  }

  private static String rule(String id, String stage, String effect, String when) {
    String code = effect.equals("permit") ? "" : "\"code\": \"policy_denied\", ";
    return "{\"id\": \"%s\", \"stage\": \"%s\", \"effect\": \"%s\", \"when\": \"%s\", %s"
            .formatted(id, stage, effect, when, code)
        + "\"reason_user\": \"No.\", \"reason_admin\": \"No.\", \"mode\": \"enforce\"}";
  }

  static Inputs inputs(Asked asked) {
    return new Inputs(
        new Subject(asked.host(), "000b" + HASH, Optional.of(HASH), "spiffe://example/worker"),
        new Request(
            asked.action(),
            "/usr/bin/true",
            HASH,
            List.of("gateway"),
            "dev",
            asked.maxUses(),
            Map.of(),
            0,
            Optional.empty(),
            Optional.empty()),
        new Governance(Optional.empty(), List.of(), Governance.Mode.NORMAL, 1),
        new Trust(
            Trust.Tier.AFFIRMING,
            true,
            Optional.of("all"),
            Trust.Endorsement.TRUSTED,
            Map.of("pcrs", Trust.Tier.AFFIRMING)),
        new Env(
            Env.KeyStorage.TPM,
            1,
            0,
            true,
            Map.of("sha256", List.of(0L, 7L)),
            HASH,
            Optional.empty()),
        Instant.parse("2026-11-01T12:00:00Z"));
  }

  String cedar() {
    StringBuilder policies =
        new StringBuilder("forbid(principal, action, resource) unless { context.pcrs_match };\n")
            .append("forbid(principal, action, resource) when { context.frozen };\n");
    for (int i = 0; i < rules - DENYING; i++) {
      policies.append(
          ("permit(principal, action, resource) when { context.action == \"action-%d\""
                  + " && context.max_uses <= 1 && context.host like \"host-%d*\" };\n")
              .formatted(i, i));
    }
    return policies.toString();
  }

  /** What OPA's rules read. */
  static String json(Asked asked) {
    return "{\"action\":\"%s\",\"max_uses\":%d,\"host\":\"%s\",\"pcrs_match\":true,\"frozen\":false}"
        .formatted(asked.action(), asked.maxUses(), asked.host());
  }
}
