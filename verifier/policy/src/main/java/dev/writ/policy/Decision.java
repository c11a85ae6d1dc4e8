// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a policy said of a request. Only {@link Policy#decide} makes one, so an {@link Allow} in hand
 * is proof that a policy was asked and that each of its rules was evaluated.
 */
public abstract sealed class Decision {
  private final PolicyDocument document;
  private final Inputs inputs;
  private final List<RuleResult> rules;
  private final List<Reason> reasons;
  private final List<Reason> shadow;
  private volatile byte @Nullable [] inputsJson;

  private Decision(
      PolicyDocument document,
      Inputs inputs,
      List<RuleResult> rules,
      List<Reason> reasons,
      List<Reason> shadow) {
    this.document = document;
    this.inputs = inputs;
    this.rules = List.copyOf(rules);
    this.reasons = List.copyOf(reasons);
    this.shadow = List.copyOf(shadow);
  }

  /** By which document. */
  public PolicyDocument document() {
    return document;
  }

  /** What was decided upon. */
  public Inputs inputs() {
    return inputs;
  }

  /** {@link Inputs#toJson} of what was decided upon; written once, however often it is asked for. */
  public byte[] inputsJson() {
    return writtenInputs().clone();
  }

  private byte[] writtenInputs() {
    byte[] written = inputsJson;
    if (written == null) {
      written = inputs.toJson();
      inputsJson = written;
    }
    return written;
  }

  /** {@link Inputs#digest}. */
  final PolicyDigest inputsDigest() {
    return PolicyDigest.of(Inputs.DIGEST_LABEL, writtenInputs());
  }

  /** Each rule with its outcome: those that the document implies, then its own in their order. */
  public List<RuleResult> rules() {
    return rules;
  }

  /** Why it was denied, the deciding reason first; empty for an allow. */
  public List<Reason> reasons() {
    return reasons;
  }

  /** What rules in shadow mode would have denied with, in the order of {@link #reasons}. */
  public List<Reason> shadow() {
    return shadow;
  }

  /** The decision as canonical JSON (RFC 8785): the same bytes on every platform. */
  public byte[] toJson() {
    CanonicalJson out = new CanonicalJson().beginObject();
    writeOutcome(out);
    out.name("policy").beginObject().name("digest").text(document.digest().hex());
    out.name("id").text(document.id()).name("version").integer(document.version()).endObject();
    out.name("profile").text(Profile.ID);
    out.name("reasons").beginArray();
    reasons.forEach(reason -> reason.write(out));
    out.endArray().name("rules").beginArray();
    rules.forEach(result -> result.write(out));
    out.endArray().name("shadow").beginArray();
    shadow.forEach(reason -> reason.write(out));
    return out.endArray().endObject().bytes();
  }

  /** {@code SHA-256("writ-decision-v1" ‖ 0x00 ‖ SHA-256(JCS))}. */
  public PolicyDigest digest() {
    return PolicyDigest.of("writ-decision-v1", toJson());
  }

  /** The members up to {@code policy}, in ascending order. */
  abstract void writeOutcome(CanonicalJson out);

  /** The request is permitted. */
  public static final class Allow extends Decision {
    private final List<Obligation> obligations;

    Allow(
        PolicyDocument document,
        Inputs inputs,
        List<RuleResult> rules,
        List<Reason> shadow,
        List<Obligation> obligations) {
      super(document, inputs, rules, List.of(), shadow);
      this.obligations = List.copyOf(obligations);
    }

    /** How long the artifact may live. */
    public Duration lifetime() {
      return document().lifetime();
    }

    /**
     * How old the attestation may become while the artifact holds: the smallest that the document and the
     * rules that are met say; absent where none says any.
     */
    public Optional<Duration> lease() {
      return Stream.concat(
              document().lease().stream(),
              obligations.stream().flatMap(obligation -> obligation.lease().stream()))
          .min(Comparator.naturalOrder());
    }

    /**
     * What the gateway must do, in document order, each once. Where something is leased that runs on, its
     * one lease comes last.
     */
    public List<Obligation> obligations() {
      return obligations;
    }

    @Override
    void writeOutcome(CanonicalJson out) {
      out.name("decision").text("allow").name("inputs").text(inputsDigest().hex());
      out.name("lifetime_s").integer(lifetime().toSeconds());
      out.name("obligations").beginArray();
      obligations.forEach(obligation -> out.text(obligation.wire()));
      out.endArray();
    }

    @Override
    public String toString() {
      return "allow under " + document();
    }
  }

  /** The request is denied. */
  public static final class Deny extends Decision {
    Deny(
        PolicyDocument document,
        Inputs inputs,
        List<RuleResult> rules,
        List<Reason> reasons,
        List<Reason> shadow) {
      super(document, inputs, rules, reasons, shadow);
      if (reasons.isEmpty()) {
        throw new IllegalStateException("a denial without a reason; this is a bug");
      }
    }

    /** The code, that of the first reason. */
    public PolicyCode code() {
      return reasons().get(0).code();
    }

    @Override
    void writeOutcome(CanonicalJson out) {
      out.name("code").text(code().wire()).name("decision").text("deny");
      out.name("inputs").text(inputsDigest().hex());
    }

    @Override
    public String toString() {
      return "deny " + code().wire() + " by " + reasons().get(0).rule() + " of " + document();
    }
  }

  /**
   * One reason for a denial.
   *
   * @param rule the rule's id; {@link Policy#NO_PERMIT}, {@link Policy#FROZEN} or {@link
   *     Policy#INPUTS} where no rule stands behind the reason
   * @param code the code
   * @param user for the one who asked
   * @param admin for the administrator
   */
  public record Reason(String rule, PolicyCode code, String user, String admin) {
    static Reason of(Rule rule) {
      return new Reason(rule.id(), rule.denialCode(), rule.reasonUser(), rule.reasonAdmin());
    }

    private void write(CanonicalJson out) {
      out.beginObject().name("admin").text(admin).name("code").text(code.wire());
      out.name("rule").text(rule).name("user").text(user).endObject();
    }
  }
}
