// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Admission;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.Reporter;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verifier;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** One thing in the graph, as a leaf says it. */
public sealed interface Node
    permits Node.Request,
        Node.Decision,
        Node.AuthorizationArtifact,
        Node.Verification,
        Node.Outcome,
        Node.Enforcement,
        Node.Execution,
        Node.Principal,
        Node.Evidence,
        Node.Host,
        Node.AttestationKey,
        Node.EndorsementKey,
        Node.Dependency,
        GovernanceNode {
  /** Its name. */
  NodeId id();

  /** Index of the leaf that it comes from. */
  long leaf();

  /** What is known of it, by name; values are text, integers and booleans. */
  Map<String, Object> facts();

  /**
   * That somebody asked. The request itself is not in the log.
   *
   * @param leaf the decision's
   * @param digest {@link dev.writ.artifact.ExecutionRequest#digest}, where one could be read
   * @param args commitment to {@code act.args_digest}; an allow has one
   * @param action what was asked for, where the artifact was opened
   */
  record Request(
      long leaf, Optional<Hash> digest, Optional<Commitment> args, Optional<String> action)
      implements Node {
    @Override
    public NodeId id() {
      return NodeId.of(NodeKind.REQUEST, leaf);
    }

    @Override
    public Map<String, Object> facts() {
      Facts facts = new Facts().put("request_digest", digest);
      args.ifPresent(commitment -> facts.put("args_commitment", commitment.digest()));
      return facts.put("action", action).map();
    }
  }

  /**
   * A decision.
   *
   * @param code why it was denied; empty for an allow
   * @param reason the finer reason, likewise
   * @param policyDigest of the policy that decided
   */
  record Decision(
      long leaf,
      Instant time,
      Optional<DenialCode> code,
      Optional<String> reason,
      Hash policyDigest,
      long epoch)
      implements Node {
    @Override
    public NodeId id() {
      return NodeId.of(NodeKind.DECISION, leaf);
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts()
          .put("result", code.isEmpty() ? "allow" : "deny")
          .put("code", code.map(DenialCode::wire))
          .put("reason", reason)
          .put("policy_digest", policyDigest)
          .put("epoch", epoch)
          .put("time", time)
          .map();
    }
  }

  /**
   * An artifact.
   *
   * @param jti its identity
   * @param digest {@link dev.writ.artifact.Artifact#digest}
   * @param expires where it was opened
   */
  record AuthorizationArtifact(long leaf, UuidV7 jti, Hash digest, Optional<Instant> expires)
      implements Node {
    @Override
    public NodeId id() {
      return new NodeId(NodeKind.ARTIFACT, jti.toString());
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts()
          .put("jti", jti.toString())
          .put("artifact_digest", digest)
          .put("expires", expires.map(Instant::toString))
          .map();
    }
  }

  /**
   * A verification: of Evidence before a decision, or of an artifact that was shown.
   *
   * @param by who verified
   * @param code why it did not hold; empty where it did
   * @param maxUses of how many uses of the artifact it took one
   */
  record Verification(long leaf, Verifier by, Optional<DenialCode> code, OptionalLong maxUses)
      implements Node {
    /** The service's, of Evidence. */
    static Verification ofEvidence(long leaf, Optional<DenialCode> code) {
      return new Verification(leaf, Verifier.SERVICE, code, OptionalLong.empty());
    }

    @Override
    public NodeId id() {
      return NodeId.of(NodeKind.VERIFICATION, leaf);
    }

    @Override
    public Map<String, Object> facts() {
      Facts facts =
          new Facts()
              .put("by", by.wire())
              .put("result", code.isEmpty() ? "pass" : "deny")
              .put("code", code.map(DenialCode::wire));
      maxUses.ifPresent(uses -> facts.put("max_uses", uses));
      return facts.map();
    }
  }

  /** How an execution ended, as one reporter says. */
  record Outcome(
      long leaf, Instant time, UuidV7 jti, OutcomeState state, Reporter reporter, Hash statement)
      implements Node {
    @Override
    public NodeId id() {
      return NodeId.of(NodeKind.OUTCOME, leaf);
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts()
          .put("jti", jti.toString())
          .put("state", state.wire())
          .put("reporter", reporter.wire())
          .put("statement_digest", statement)
          .put("time", time)
          .map();
    }
  }

  /**
   * A denial or a withdrawal.
   *
   * @param action {@code denied}, {@code withdrawn}, {@code withdrawn_all} of one host, or {@code
   *     host_active}, {@code host_suspended}, {@code host_retired} as it stands from there on
   * @param reason denial code or reason of the withdrawal
   */
  record Enforcement(long leaf, Instant time, String action, String reason) implements Node {
    @Override
    public NodeId id() {
      return NodeId.of(NodeKind.ENFORCEMENT, leaf);
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts().put("action", action).put("reason", reason).put("time", time).map();
    }
  }

  /**
   * What ran under one artifact. Leaves do not say of which use an outcome is, so that an artifact of
   * several uses has one node.
   *
   * @param leaf the first outcome's, or the allow's where the artifact was opened
   * @param name {@code lineage.execution}, where it was opened
   */
  record Execution(long leaf, UuidV7 jti, Optional<UuidV7> name) implements Node {
    @Override
    public NodeId id() {
      return of(jti);
    }

    static NodeId of(UuidV7 jti) {
      return new NodeId(NodeKind.EXECUTION, jti.toString());
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts()
          .put("jti", jti.toString())
          .put("execution", name.map(UuidV7::toString))
          .map();
    }
  }

  /**
   * Whom a leaf means.
   *
   * @param role {@code subject}, {@code invited_host} or {@code initiator}
   * @param commitment what stands in the leaf; empty for an initiator, who is in the artifact alone
   * @param name who it is, where that was opened
   */
  record Principal(long leaf, String role, Optional<Commitment> commitment, Optional<String> name)
      implements Node {
    @Override
    public NodeId id() {
      return new NodeId(NodeKind.PRINCIPAL, leaf + "/" + role);
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts()
          .put("role", role)
          .put("commitment", commitment.map(Commitment::digest))
          .put("name", name)
          .map();
    }
  }

  /**
   * Evidence.
   *
   * @param digest SHA-256 of the package
   * @param pcrDigest the quote's; in the leaf of a start, of an allow where its artifact was opened
   */
  record Evidence(long leaf, Hash digest, Optional<Hash> pcrDigest) implements Node {
    @Override
    public NodeId id() {
      return NodeId.of(NodeKind.EVIDENCE, leaf);
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts().put("evidence_digest", digest).put("pcr_digest", pcrDigest).map();
    }
  }

  /**
   * An enrolled machine.
   *
   * @param commitment to its name
   * @param name where it was opened
   */
  record Host(long leaf, Commitment commitment, Admission admission, Optional<String> name)
      implements Node {
    @Override
    public NodeId id() {
      return NodeId.of(NodeKind.HOST, leaf);
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts()
          .put("commitment", commitment.digest())
          .put("admission", admission.wire())
          .put("name", name)
          .map();
    }
  }

  /**
   * An attestation key.
   *
   * @param nameDigest SHA-256 of its TPM Name
   */
  record AttestationKey(long leaf, Hash nameDigest) implements Node {
    @Override
    public NodeId id() {
      return new NodeId(NodeKind.ATTESTATION_KEY, nameDigest.hex());
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts().put("ak_name_digest", nameDigest).map();
    }
  }

  /**
   * An endorsement key.
   *
   * @param digest SHA-256 of its SubjectPublicKeyInfo
   */
  record EndorsementKey(long leaf, Hash digest) implements Node {
    @Override
    public NodeId id() {
      return new NodeId(NodeKind.ENDORSEMENT_KEY, digest.hex());
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts().put("ek_digest", digest).map();
    }
  }

  /**
   * What an execution rests on.
   *
   * @param argsDigest of the exec binding, which names executable, files and environment by digest
   */
  record Dependency(long leaf, Hash argsDigest) implements Node {
    @Override
    public NodeId id() {
      return new NodeId(NodeKind.DEPENDENCY, argsDigest.hex());
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts().put("args_digest", argsDigest).map();
    }
  }

  /** The node as an object of JSON. */
  default Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("id", id().toString());
    map.put("kind", id().kind().wire());
    map.put("leaf", leaf());
    map.put("facts", facts());
    return map;
  }
}
