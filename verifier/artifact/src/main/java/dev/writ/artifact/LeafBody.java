// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What a leaf says, by its kind. */
public sealed interface LeafBody
    permits LeafBody.Enrolment,
        LeafBody.DecisionAllow,
        LeafBody.DecisionDeny,
        LeafBody.Outcome,
        LeafBody.Revocation,
        LeafBody.BootRevocation,
        LeafBody.ScopeRevocation,
        LeafBody.Approval,
        LeafBody.Summary,
        LeafBody.PolicyInForce,
        LeafBody.KeyStatement,
        Evaluation,
        OperationStep,
        GovernanceStep,
        HostChange,
        RequestApproved,
        KeyChange,
        DrillSummary,
        ServiceStart,
        Verification {
  /** The kind that this is the body of. */
  LeafKind kind();

  /** The members that stand in the leaf beside those that every leaf has. */
  Map<String, Object> toMap();

  /** Whether it withdraws artifacts, so that gateways are to hear of it at once. */
  default boolean withdraws() {
    return kind() == LeafKind.REVOCATION;
  }

  /**
   * A host was admitted.
   *
   * @param host commitment to the UTF-8 of its name
   * @param akNameDigest SHA-256 of its attestation key's TPM Name
   * @param ekDigest SHA-256 of its endorsement key's SubjectPublicKeyInfo (RFC 5280, 4.1)
   * @param admission on what grounds
   */
  record Enrolment(Commitment host, Hash akNameDigest, Hash ekDigest, Admission admission)
      implements LeafBody {
    @Override
    public LeafKind kind() {
      return LeafKind.ENROLMENT;
    }

    @Override
    public Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("host", host.digest());
      map.put("ak_name_digest", akNameDigest);
      map.put("ek_digest", ekDigest);
      map.put("admission", admission.wire());
      return map;
    }
  }

  /**
   * A request was allowed.
   *
   * @param jti identity of the artifact
   * @param artifactDigest {@link Artifact#digest()}
   * @param requestDigest {@link ExecutionRequest#digest()}
   * @param evidenceDigest SHA-256 of the Evidence
   * @param policyDigest digest of the policy that allowed it
   * @param epoch policy epoch
   * @param subject commitment to the UTF-8 of {@code sub}
   * @param host commitment to the UTF-8 of the host's name
   * @param args commitment to the 32 bytes of {@code act.args_digest}
   * @param parent jti of the artifact under which it was asked for
   * @param renews jti of the first artifact of the execution that goes on under it
   */
  record DecisionAllow(
      UuidV7 jti,
      Hash artifactDigest,
      Hash requestDigest,
      Hash evidenceDigest,
      Hash policyDigest,
      long epoch,
      Commitment subject,
      Commitment host,
      Commitment args,
      Optional<UuidV7> parent,
      Optional<UuidV7> renews)
      implements LeafBody {
    /**
     * The decision as given.
     *
     * @throws IllegalArgumentException if the epoch is not positive
     */
    public DecisionAllow {
      Require.between("epoch", epoch, 1, Require.MAX_EXACT);
      if (parent.equals(Optional.of(jti))) {
        throw new InvalidValueException("parent", "another artifact than jti", jti.toString());
      }
      if (renews.isPresent() && (renews.equals(Optional.of(jti)) || renews.equals(parent))) {
        throw new InvalidValueException(
            "renews", "another artifact than jti and parent", renews.get().toString());
      }
    }

    /** With what its execution began: with what it renews, or itself. */
    public UuidV7 begun() {
      return renews.orElse(jti);
    }

    /** Whether it is of this request, or of the same under another artifact. */
    public boolean isOf(ExecutionRequest request) {
      return request.parent().isPresent() == parent.isPresent()
          && request.under(parent).digest().equals(requestDigest);
    }

    /** One that was asked for under no other artifact, and renews none. */
    public DecisionAllow(
        UuidV7 jti,
        Hash artifactDigest,
        Hash requestDigest,
        Hash evidenceDigest,
        Hash policyDigest,
        long epoch,
        Commitment subject,
        Commitment host,
        Commitment args) {
      this(
          jti,
          artifactDigest,
          requestDigest,
          evidenceDigest,
          policyDigest,
          epoch,
          subject,
          host,
          args,
          Optional.empty(),
          Optional.empty());
    }

    @Override
    public LeafKind kind() {
      return LeafKind.DECISION_ALLOW;
    }

    @Override
    public Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("jti", jti.toString());
      map.put("artifact_digest", artifactDigest);
      map.put("request_digest", requestDigest);
      map.put("evidence_digest", evidenceDigest);
      map.put("policy_digest", policyDigest);
      map.put("epoch", epoch);
      map.put("subject", subject.digest());
      map.put("host", host.digest());
      map.put("args", args.digest());
      parent.ifPresent(above -> map.put("parent", above.toString()));
      renews.ifPresent(first -> map.put("renews", first.toString()));
      return map;
    }

    /** The artifacts that it says it comes from. */
    public List<UuidV7> origins() {
      return Stream.concat(parent.stream(), renews.stream()).toList();
    }
  }

  /**
   * A request of an enrolled caller was denied.
   *
   * @param code why
   * @param reason the finer reason, a stable word such as a rule's id, never text about a person
   * @param requestDigest digest of the request, where one could be read
   * @param evidenceDigest SHA-256 of the Evidence, where there was some
   * @param policyDigest digest of the policy in force
   * @param epoch policy epoch
   */
  record DecisionDeny(
      DenialCode code,
      String reason,
      Optional<Hash> requestDigest,
      Optional<Hash> evidenceDigest,
      Hash policyDigest,
      long epoch)
      implements LeafBody {
    /**
     * The decision as given.
     *
     * @throws IllegalArgumentException if a value is outside its bounds
     */
    public DecisionDeny {
      Require.visible("reason", reason, 128);
      Require.between("epoch", epoch, 1, Require.MAX_EXACT);
    }

    @Override
    public LeafKind kind() {
      return LeafKind.DECISION_DENY;
    }

    @Override
    public Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("code", code.wire());
      map.put("reason", reason);
      requestDigest.ifPresent(digest -> map.put("request_digest", digest));
      evidenceDigest.ifPresent(digest -> map.put("evidence_digest", digest));
      map.put("policy_digest", policyDigest);
      map.put("epoch", epoch);
      return map;
    }
  }

  /**
   * How an execution ended. The statement itself, with its signature, lies beside the ledger.
   *
   * @param jti the artifact under which it ran
   * @param state how it ended
   * @param reporter who says so
   * @param kid RFC 7638 thumbprint of the key that signed the statement
   * @param statementDigest {@link OutcomeStatement#digest()}
   */
  record Outcome(UuidV7 jti, OutcomeState state, Reporter reporter, Hash kid, Hash statementDigest)
      implements LeafBody {
    @Override
    public LeafKind kind() {
      return LeafKind.OUTCOME;
    }

    @Override
    public Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("jti", jti.toString());
      map.put("state", state.wire());
      map.put("reporter", reporter.wire());
      map.put("kid", Base64Url.encode(kid.bytes()));
      map.put("statement_digest", statementDigest);
      return map;
    }
  }

  /**
   * An artifact was withdrawn.
   *
   * @param jti the artifact
   * @param reason why
   */
  record Revocation(UuidV7 jti, RevocationReason reason) implements LeafBody {
    @Override
    public LeafKind kind() {
      return LeafKind.REVOCATION;
    }

    @Override
    public Map<String, Object> toMap() {
      return Map.of("jti", jti.toString(), "reason", reason.wire());
    }
  }

  /**
   * All artifacts of a host that stand before this leaf and had not ended were withdrawn: what they say
   * of its boot holds no more.
   *
   * @param akNameDigest SHA-256 of its attestation key's TPM Name
   * @param resetCount of the boot that was last seen, as its TPM signed it
   * @param restartCount likewise
   * @param reason why
   */
  record BootRevocation(Hash akNameDigest, long resetCount, long restartCount, BootEnd reason)
      implements LeafBody {
    /** Greatest count. */
    public static final long MAX_COUNT = 0xffff_ffffL;

    /**
     * The statement as given.
     *
     * @throws IllegalArgumentException if a count is not of 32 bits
     */
    public BootRevocation {
      Require.between("reset_count", resetCount, 0, MAX_COUNT);
      Require.between("restart_count", restartCount, 0, MAX_COUNT);
    }

    @Override
    public LeafKind kind() {
      return LeafKind.REVOCATION;
    }

    @Override
    public Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("ak_name_digest", akNameDigest);
      map.put("reset_count", resetCount);
      map.put("restart_count", restartCount);
      map.put("reason", reason.wire());
      return map;
    }
  }

  /**
   * All artifacts of a scope were withdrawn.
   *
   * @param scope which
   * @param reason why
   * @param by who said so
   */
  record ScopeRevocation(RevokedScope scope, RevocationReason reason, RevokedBy by)
      implements LeafBody {
    @Override
    public LeafKind kind() {
      return LeafKind.REVOCATION;
    }

    @Override
    public Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>(scope.members());
      map.put("scope", scope.wire());
      map.put("reason", reason.wire());
      map.put("by", by.wire());
      return map;
    }
  }

  /**
   * An operator let something happen once.
   *
   * @param of what
   * @param subject commitment to the UTF-8 of whom it names: the host's name
   * @param digest SHA-256 of the secret that shows it: the invitation's
   * @param expires until before when it can be used, to the millisecond
   */
  record Approval(ApprovalOf of, Commitment subject, Hash digest, Instant expires)
      implements LeafBody {
    /**
     * The approval as given.
     *
     * @throws IllegalArgumentException if {@code expires} is finer than milliseconds
     */
    public Approval {
      Require.wholeMillisecond("expires", expires);
    }

    @Override
    public LeafKind kind() {
      return LeafKind.APPROVAL;
    }

    @Override
    public Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("of", of.wire());
      map.put("subject", subject.digest());
      map.put("digest", digest);
      map.put("expires", expires.toEpochMilli());
      return map;
    }
  }

  /**
   * What was refused without a leaf of its own, because nobody known asked for it.
   *
   * @param from since when, to the millisecond
   * @param to until before when
   * @param counts how often and why; kept in order of code and reason
   */
  record Summary(Instant from, Instant to, List<RefusalCount> counts) implements LeafBody {
    /** Most counts in one summary. */
    public static final int MAX_COUNTS = 128;

    /**
     * The summary as given, in order.
     *
     * @throws IllegalArgumentException if there is no count or too many, two have one cause, or a time
     *     is finer than milliseconds
     */
    public Summary {
      Require.wholeMillisecond("from", from);
      Require.wholeMillisecond("to", to);
      if (!to.isAfter(from)) {
        throw new InvalidValueException("to", "after from " + from, to.toString());
      }
      counts =
          Require.distinct("counts", counts, 1, MAX_COUNTS).stream()
              .sorted(RefusalCount.ORDER)
              .toList();
      for (int i = 1; i < counts.size(); i++) {
        if (RefusalCount.ORDER.compare(counts.get(i - 1), counts.get(i)) == 0) {
          throw new InvalidValueException(
              "counts", "one of each code and reason", "two of " + counts.get(i).reason());
        }
      }
    }

    @Override
    public LeafKind kind() {
      return LeafKind.SUMMARY;
    }

    @Override
    public Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("from", from.toEpochMilli());
      map.put("to", to.toEpochMilli());
      map.put("counts", counts.stream().map(RefusalCount::toMap).toList());
      return map;
    }
  }

  /**
   * A policy came into force.
   *
   * @param policy which, and under which epoch
   */
  record PolicyInForce(PolicyReference policy) implements LeafBody {
    @Override
    public LeafKind kind() {
      return LeafKind.POLICY;
    }

    @Override
    public Map<String, Object> toMap() {
      return Map.of("policy", policy.toMap());
    }
  }

  /**
   * A key came into use or changed its state.
   *
   * @param kid its RFC 7638 thumbprint
   * @param role what it is believed for
   * @param alg what it signs with
   * @param state where it is in its life
   * @param vkey its C2SP verifier key, exactly where its role is {@link KeyRole#CHECKPOINT}
   */
  record KeyStatement(
      Hash kid, KeyRole role, KeyAlgorithm alg, KeyState state, Optional<String> vkey)
      implements LeafBody {
    /**
     * The statement as given.
     *
     * @throws IllegalArgumentException if role and vkey do not agree
     */
    public KeyStatement {
      if ((role == KeyRole.CHECKPOINT) != vkey.isPresent()) {
        throw new InvalidValueException(
            "vkey", "present exactly for the role checkpoint", "role " + role.wire());
      }
      vkey.ifPresent(text -> Require.visible("vkey", text, 512));
    }

    @Override
    public LeafKind kind() {
      return LeafKind.KEY;
    }

    @Override
    public Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("kid", Base64Url.encode(kid.bytes()));
      map.put("role", role.wire());
      map.put("alg", alg.wire());
      map.put("state", state.wire());
      vkey.ifPresent(text -> map.put("vkey", text));
      return map;
    }
  }
}
