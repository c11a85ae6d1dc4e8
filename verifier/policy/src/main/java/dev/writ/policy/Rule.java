// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One rule of a document.
 *
 * @param id its name, unique in the document; rules that the document's own members imply have
 *     names that begin with {@code document/}
 * @param description why the rule stands there, for the reader of the document
 * @param stage when several rules deny, the one of the earliest stage gives the code
 * @param effect what its outcome means
 * @param when the CEL expression, of type bool
 * @param code the code it denies with; absent for a permit, whose failure is {@code policy_denied}
 * @param reasonUser why it denied, for the one who asked
 * @param reasonAdmin why it denied and what to do, for the administrator
 * @param mode whether it takes part in the decision
 * @param obligations what an allow by this rule binds the gateway to
 */
public record Rule(
    String id,
    String description,
    Stage stage,
    Effect effect,
    String when,
    Optional<PolicyCode> code,
    String reasonUser,
    String reasonAdmin,
    Mode mode,
    List<Obligation> obligations) {

  /** Copies the obligations. */
  public Rule {
    obligations = List.copyOf(obligations);
  }

  /** Whether it takes part in the decision. */
  boolean enforced() {
    return mode == Mode.ENFORCE;
  }

  /** The code this rule denies with. */
  PolicyCode denialCode() {
    return code.orElse(PolicyCode.POLICY_DENIED);
  }

  /** What the rule judges; the order here is the order in which denials win. */
  public enum Stage {
    /** Whether the document is in force for the request at all; no rule of a document names it. */
    DOCUMENT,
    /** Runtime trust: the measured state of the host. */
    TRUST,
    /** Execution restrictions: what must never happen. */
    RESTRICTION,
    /** Governance requirements: approvals, initiators, modes. */
    REQUIREMENT,
    /** Authorization: who may do what. */
    AUTHORIZATION,
    /** Enforcement criteria: conditions on the artifact and its use. */
    ENFORCEMENT;

    /** The stage as the document spells it. */
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What a rule's outcome means. */
  public enum Effect {
    /** Anything but true denies. */
    REQUIRE,
    /** Anything but false denies. */
    FORBID,
    /** True permits; at least one permit must be true. */
    PERMIT;

    /** The effect as the document spells it. */
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Whether a rule takes part in the decision. */
  public enum Mode {
    /** It does. */
    ENFORCE,
    /** It is evaluated and recorded, and changes nothing. */
    SHADOW;

    /** The mode as the document spells it. */
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
