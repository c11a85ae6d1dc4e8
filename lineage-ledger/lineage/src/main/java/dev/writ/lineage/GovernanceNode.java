// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.DrillSummary;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.RequestApproved;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/** What a decision stands on besides request and host: policies, keys, operators, the service itself. */
public sealed interface GovernanceNode extends Node {
  /** A policy in force. */
  record Policy(long leaf, Instant time, PolicyReference policy) implements GovernanceNode {
    @Override
    public NodeId id() {
      return NodeId.of(NodeKind.POLICY, leaf);
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts()
          .put("id", policy.id())
          .put("version", policy.version())
          .put("policy_digest", policy.digest())
          .put("epoch", policy.epoch())
          .put("time", time)
          .map();
    }
  }

  /**
   * An operator's word.
   *
   * @param of what it lets happen
   * @param step {@code invited}, {@code proposed}, {@code approved}, or how an operation ended; of a mode
   *     {@code begun}, {@code ended}, {@code reviewed} or {@code frozen}
   */
  record Approval(long leaf, Instant time, String of, String step) implements GovernanceNode {
    @Override
    public NodeId id() {
      return NodeId.of(NodeKind.APPROVAL, leaf);
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts().put("of", of).put("step", step).put("time", time).map();
    }
  }

  /**
   * An approver's word for one request.
   *
   * @param requestDigest {@link dev.writ.artifact.ExecutionRequest#digest}
   * @param policyDigest of the policy that asks for it
   * @param expires until when it holds
   */
  record RequestApproval(
      long leaf, Instant time, Hash requestDigest, Hash policyDigest, Instant expires)
      implements GovernanceNode {
    @Override
    public NodeId id() {
      return NodeId.of(NodeKind.APPROVAL, leaf);
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts()
          .put("of", RequestApproved.OF)
          .put("request_digest", requestDigest)
          .put("policy_digest", policyDigest)
          .put("expires", expires)
          .put("time", time)
          .map();
    }
  }

  /**
   * A change that takes several operators.
   *
   * @param digest {@link dev.writ.artifact.Operation#digest}
   */
  record Operation(long leaf, Hash digest) implements GovernanceNode {
    @Override
    public NodeId id() {
      return of(digest);
    }

    static NodeId of(Hash digest) {
      return new NodeId(NodeKind.OPERATION, digest.hex());
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts().put("operation_digest", digest).map();
    }
  }

  /**
   * A key.
   *
   * @param kid its RFC 7638 thumbprint
   */
  record Key(long leaf, Hash kid) implements GovernanceNode {
    @Override
    public NodeId id() {
      return of(kid);
    }

    static NodeId of(Hash kid) {
      return new NodeId(NodeKind.KEY, thumbprint(kid));
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts().put("kid", thumbprint(kid)).map();
    }
  }

  /**
   * What became of a key.
   *
   * @param vkey its C2SP verifier key, where a checkpoint key begins
   */
  record KeyStatement(
      long leaf, Instant time, Hash kid, KeyRole role, KeyState state, Optional<String> vkey)
      implements GovernanceNode {
    @Override
    public NodeId id() {
      return NodeId.of(NodeKind.KEY_STATEMENT, leaf);
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts()
          .put("kid", thumbprint(kid))
          .put("role", role.wire())
          .put("state", state.wire())
          .put("vkey", vkey)
          .put("time", time)
          .map();
    }
  }

  /** That the service was started on a host in a state. */
  record Start(long leaf, Instant time) implements GovernanceNode {
    @Override
    public NodeId id() {
      return NodeId.of(NodeKind.START, leaf);
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts().put("time", time).map();
    }
  }

  /** A trust file. */
  record TrustedKeys(long leaf, long version, Hash digest) implements GovernanceNode {
    @Override
    public NodeId id() {
      return new NodeId(NodeKind.TRUST_FILE, digest.hex());
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts().put("version", version).put("trust_digest", digest).map();
    }
  }

  /** A tree of this log. */
  record Tree(long leaf, String origin, long size, Hash root) implements GovernanceNode {
    @Override
    public NodeId id() {
      return NodeId.of(NodeKind.CHECKPOINT, size);
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts().put("origin", origin).put("size", size).put("root", root).map();
    }
  }

  /**
   * What was refused without a leaf of its own.
   *
   * @param refusals how many
   */
  record Summary(long leaf, Instant from, Instant to, long refusals) implements GovernanceNode {
    @Override
    public NodeId id() {
      return NodeId.of(NodeKind.SUMMARY, leaf);
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts().put("from", from).put("to", to).put("refusals", refusals).map();
    }
  }

  /** Denials that were made to happen on purpose, by an operator's word. */
  record Drill(long leaf, DrillSummary drill) implements GovernanceNode {
    @Override
    public NodeId id() {
      return NodeId.of(NodeKind.SUMMARY, leaf);
    }

    @Override
    public Map<String, Object> facts() {
      return new Facts()
          .put("from", drill.from())
          .put("to", drill.to())
          .put("report", drill.report())
          .put("demo", drill.demo())
          .put("passed", drill.passed())
          .put("failed", drill.failed())
          .put("not_tried", drill.notTried())
          .map();
    }
  }

  private static String thumbprint(Hash kid) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(kid.bytes());
  }
}
