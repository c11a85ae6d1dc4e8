// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Documents and inputs that tests start from. */
final class Samples {
  static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
  static final String HASH = "0".repeat(64);

  static final Subject SUBJECT =
      new Subject("host-a", "000b" + HASH, Optional.of(HASH), "spiffe://dev.example/worker-a");
  static final Request REQUEST =
      new Request(
          "exec",
          "/usr/bin/true",
          HASH,
          List.of("exec:000b" + HASH),
          "dev",
          1,
          Map.of("cpu_s", 10L, "mem_mb", 64L),
          0,
          Optional.empty(),
          Optional.empty());
  static final Governance GOVERNANCE =
      new Governance(Optional.of("alice"), List.of(), Governance.Mode.NORMAL, 1);
  static final Trust TRUST =
      new Trust(
          Trust.Tier.AFFIRMING,
          true,
          Optional.of("measured-boot"),
          Trust.Endorsement.TRUSTED,
          Map.of("pcr-7", Trust.Tier.AFFIRMING, "secure-boot", Trust.Tier.WARNING));
  static final Env ENV =
      new Env(
          Env.KeyStorage.TPM,
          4,
          2,
          true,
          Map.of("sha256", List.of(0L, 7L, 8L)),
          HASH,
          Optional.empty());
  static final Inputs INPUTS = new Inputs(SUBJECT, REQUEST, GOVERNANCE, TRUST, ENV, NOW);

  private Samples() {}

  /** A document as text, member by member, so that a test can put any text in place of one. */
  static final class Draft {
    private final TreeMap<String, String> members = new TreeMap<>();
    private final List<String> rules = new ArrayList<>();

    Draft() {
      members.put("type", "\"writ-policy-v1\"");
      members.put("profile", "\"writ-cel-1\"");
      members.put("id", "\"sample\"");
      members.put("version", "1");
      members.put("author", "\"author@example.org\"");
      members.put("effective_from", "\"2026-01-01T00:00:00Z\"");
      members.put("expires", "\"2027-01-01T00:00:00Z\"");
      members.put("targets", "[\"*\"]");
      members.put("lifetime_s", "300");
      members.put("reference_values", "[]");
    }

    Draft with(String name, String json) {
      members.put(name, json);
      return this;
    }

    Draft without(String name) {
      members.remove(name);
      return this;
    }

    Draft rule(String json) {
      rules.add(json);
      return this;
    }

    Draft rule(String id, String stage, String effect, String when, String code) {
      return rule(id, stage, effect, when, code, "enforce", "");
    }

    Draft rule(
        String id,
        String stage,
        String effect,
        String when,
        String code,
        String mode,
        String obligations) {
      CanonicalJson out = new CanonicalJson().beginObject();
      if (!code.isEmpty()) {
        out.name("code").text(code);
      }
      out.name("effect").text(effect).name("id").text(id).name("mode").text(mode);
      if (!obligations.isEmpty()) {
        out.name("obligations").canonical(obligations);
      }
      out.name("reason_admin").text("admin: " + id).name("reason_user").text("user: " + id);
      out.name("stage").text(stage).name("when").text(when).endObject();
      return rule(out.toString());
    }

    Draft permit(String id, String when) {
      return rule(id, "authorization", "permit", when, "");
    }

    Draft require(String id, String when) {
      return rule(id, "requirement", "require", when, "policy_denied");
    }

    byte[] bytes() {
      TreeMap<String, String> all = new TreeMap<>(members);
      all.putIfAbsent("rules", "[" + String.join(",", rules) + "]");
      StringBuilder json = new StringBuilder("{");
      all.forEach(
          (name, value) ->
              json.append(json.length() > 1 ? ",\n" : "\n")
                  .append("  \"")
                  .append(name)
                  .append("\": ")
                  .append(value));
      return json.append("\n}\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    PolicyDocument document() throws MalformedPolicyException {
      return PolicyDocument.parse(bytes());
    }

    Policy policy() throws MalformedPolicyException {
      return Policy.compile(document());
    }
  }

  /** A policy whose one require is {@code when}; a permit is true beside it. */
  static Draft requiring(String when) {
    return new Draft().require("tested", when).permit("all", "true");
  }

  /** What {@code when} comes to for {@link #INPUTS}. */
  static RuleResult evaluate(String when) throws MalformedPolicyException {
    return result(requiring(when).policy().decide(INPUTS), "tested");
  }

  static RuleResult result(Decision decision, String rule) {
    return decision.rules().stream()
        .filter(result -> result.rule().id().equals(rule))
        .findFirst()
        .orElseThrow();
  }

  /** The sample of the documentation; tests run in the module's folder. */
  static byte[] devPolicy() throws java.io.IOException {
    return Files.readAllBytes(Path.of("../../docs/examples/dev-policy.json"));
  }
}
