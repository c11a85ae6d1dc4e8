// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What became of an {@link Operation}: leaves of the kind approval, beside an invitation's. */
public sealed interface OperationStep extends LeafBody {
  /** What the operation does. */
  OperationKind of();

  @Override
  default LeafKind kind() {
    return LeafKind.APPROVAL;
  }

  /**
   * It was proposed.
   *
   * @param operation the whole of it
   * @param by the proposer's signature over {@link Operation#signingInput}; present exactly where it names
   *     a proposer
   */
  record Proposed(Operation operation, Optional<OperatorSignature> by) implements OperationStep {
    /**
     * The proposal as given.
     *
     * @throws IllegalArgumentException if it is signed by another than its proposer
     */
    public Proposed {
      if (!by.map(OperatorSignature::kid).equals(operation.proposer())) {
        throw new InvalidValueException(
            "by", "of the operation's proposer", "of another, or absent");
      }
    }

    /** A proposal of the service itself, by its schedule. */
    public Proposed(Operation operation) {
      this(operation, Optional.empty());
    }

    @Override
    public OperationKind of() {
      return operation.change().kind();
    }

    @Override
    public Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("of", of().wire());
      map.put("step", "proposed");
      map.put("operation", Base64Url.encode(operation.document()));
      by.ifPresent(signature -> map.put("by", signature.toMap()));
      return map;
    }
  }

  /**
   * An operator approved it.
   *
   * @param approval the whole of it, signatures and all
   */
  record Approved(OperationKind of, OperationApproval approval) implements OperationStep {
    @Override
    public Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("of", of.wire());
      map.put("step", "approved");
      map.put("approval", approval.toMap());
      return map;
    }
  }

  /**
   * It came to nothing, or to a trust file alone. What changes a key ends with a {@link KeyChange}.
   *
   * @param operation {@link Operation#digest}
   * @param end how
   * @param trust the trust file that came of it, where it was done
   * @param by where it was withdrawn, the signature over {@link OperationWithdrawal#signingInput}
   */
  record Ended(
      OperationKind of,
      Hash operation,
      End end,
      Optional<TrustReference> trust,
      Optional<OperatorSignature> by)
      implements OperationStep {
    /**
     * The end as given.
     *
     * @throws IllegalArgumentException if something came of what was not done, or a key changed
     */
    public Ended {
      boolean publishes = of == OperationKind.PUBLISH_TRUST;
      if (end == End.EXECUTED && !publishes && ofKeys(of)) {
        throw new InvalidValueException(
            "end",
            "executed of trust.publish, clock.accept and policy.unfreeze alone: others end with their"
                + " keys",
            of.wire());
      }
      if (trust.isPresent() != (end == End.EXECUTED && publishes)) {
        throw new InvalidValueException(
            "trust", "present exactly where a trust.publish is executed", of.wire());
      }
      if (by.isPresent() != (end == End.WITHDRAWN)) {
        throw new InvalidValueException("by", "present exactly where withdrawn", end.wire());
      }
    }

    private static boolean ofKeys(OperationKind kind) {
      return kind != OperationKind.ACCEPT_CLOCK && kind != OperationKind.UNFREEZE;
    }

    /** The end of one that nobody withdrew. */
    public Ended(OperationKind of, Hash operation, End end, Optional<TrustReference> trust) {
      this(of, operation, end, trust, Optional.empty());
    }

    /** The end of one that was withdrawn. */
    public Ended(OperationKind of, OperationWithdrawal withdrawal) {
      this(
          of,
          withdrawal.operation(),
          End.WITHDRAWN,
          Optional.empty(),
          Optional.of(withdrawal.signature()));
    }

    @Override
    public Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("of", of.wire());
      map.put("step", "ended");
      map.put("operation", operation);
      map.put("end", end.wire());
      trust.ifPresent(reference -> map.put("trust", reference.toMap()));
      by.ifPresent(signature -> map.put("by", signature.toMap()));
      return map;
    }
  }

  /** How an operation ended that changed no key. */
  enum End implements Wire {
    /** It was done. */
    EXECUTED("executed"),
    /** Too few approved it in its time. */
    EXPIRED("expired"),
    /** What it rests on holds no more. */
    FAILED("failed"),
    /** It was taken back. */
    WITHDRAWN("withdrawn");

    private final String wire;

    End(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  private static Optional<OperatorSignature> signer(JsonMembers json)
      throws MalformedJsonException {
    Optional<JsonMembers> by = json.optionalObject("by");
    return by.isPresent() ? Optional.of(OperatorSignature.take(by.get())) : Optional.empty();
  }

  /** Takes a step's body from {@code json}. */
  static OperationStep take(JsonMembers json) throws MalformedJsonException {
    OperationKind of = json.oneOf("of", OperationKind.values());
    String step = json.text("step");
    try {
      switch (step) {
        case "proposed" -> {
          Operation operation =
              Operation.parse(json.base64UrlUpTo("operation", Operation.MAX_BYTES));
          if (operation.change().kind() != of) {
            throw new MalformedJsonException(
                json.pathOf("of"), operation.change().kind().wire(), of.wire());
          }
          return new Proposed(operation, signer(json));
        }
        case "approved" -> {
          return new Approved(of, OperationApproval.take(json.object("approval")));
        }
        case "ended" -> {
          return new Ended(
              of,
              json.hash("operation"),
              json.oneOf("end", End.values()),
              TrustReference.takeOptional(json),
              signer(json));
        }
        default ->
            throw new MalformedJsonException(
                json.pathOf("step"), "proposed, approved or ended", step);
      }
    } catch (MalformedOperationException e) {
      throw new MalformedJsonException(
          json.pathOf("operation"), "an operation", String.valueOf(e.getMessage()));
    }
  }
}
