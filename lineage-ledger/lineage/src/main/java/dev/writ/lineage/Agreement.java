// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Admission;
import dev.writ.artifact.Evaluation;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.HostChange;
import dev.writ.artifact.HostStanding;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.RequestApproved;
import dev.writ.artifact.RevokedScope;
import dev.writ.artifact.ServiceStart;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verification;
import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether a leaf says what the leaves say that it comes from. */
final class Agreement {
  private final IndexedLeaf leaf;
  private final List<IndexedLeaf> parents;
  private final LeafIndex index;
  private final List<Finding> findings = new ArrayList<>();

  private Agreement(IndexedLeaf leaf, List<IndexedLeaf> parents, LeafIndex index) {
    this.leaf = leaf;
    this.parents = parents;
    this.index = index;
  }

  static List<Finding> judge(IndexedLeaf leaf, List<IndexedLeaf> parents, LeafIndex index) {
    Agreement agreement = new Agreement(leaf, parents, index);
    agreement.judge();
    return agreement.findings;
  }

  private void judge() {
    LeafBody body = leaf.leaf().body();
    if (body instanceof LeafBody.DecisionAllow allow) {
      decided(allow.policyDigest(), allow.epoch());
      approved(allow.requestDigest(), allow.policyDigest());
      ofArtifacts(allow.origins());
      renewed(allow);
      ofActiveHost();
    } else if (body instanceof LeafBody.DecisionDeny deny) {
      decided(deny.policyDigest(), deny.epoch());
      deny.requestDigest().ifPresent(request -> approved(request, deny.policyDigest()));
    } else if (body instanceof Evaluation evaluation) {
      decided(evaluation.policyDigest(), evaluation.epoch());
      underBreakglass();
    } else if (body instanceof RequestApproved approval) {
      answers(approval.approval().terms());
    } else if (body instanceof LeafBody.Outcome outcome) {
      ofArtifact(outcome.jti());
    } else if (body instanceof Verification verification) {
      verification.jti().ifPresent(this::ofArtifact);
    } else if (body instanceof LeafBody.Revocation revocation) {
      ofArtifact(revocation.jti());
    } else if (body instanceof HostChange change) {
      ofHost(change.akNameDigest());
      follows(change);
    } else if (body instanceof LeafBody.BootRevocation revocation) {
      ofHost(revocation.akNameDigest());
    } else if (body instanceof LeafBody.ScopeRevocation revocation) {
      ofScope(revocation.scope());
    } else if (body instanceof ServiceStart start) {
      ofHost(Hash.sha256(start.host().akName().bytes()));
    } else if (body instanceof LeafBody.Enrolment enrolment) {
      boolean approved = parents.stream().anyMatch(p -> p.leaf().kind() == LeafKind.APPROVAL);
      require(
          Rule.PARENT_AGREES,
          "admission",
          (approved ? Admission.INVITED : Admission.LISTED).wire(),
          enrolment.admission().wire());
    } else if (body instanceof LeafBody.PolicyInForce policy) {
      follows(policy.policy());
    }
    Operations.named(body).ifPresent(this::proposed);
  }

  private void decided(Hash digest, long epoch) {
    for (IndexedLeaf parent : parents) {
      if (parent.leaf().body() instanceof LeafBody.PolicyInForce policy) {
        require(Rule.PARENT_AGREES, "policy_digest", policy.policy().digest(), digest);
        require(Rule.PARENT_AGREES, "epoch", policy.policy().epoch(), epoch);
      }
    }
    long inForce =
        index.policyBefore(leaf.index()).map(policy -> policy.getValue().epoch()).orElse(0L);
    require(Rule.EPOCH_IN_FORCE, "epoch", inForce, epoch);
  }

  /** An approval is of one request under one policy: it lets nothing else happen. */
  private void approved(Hash request, Hash policy) {
    for (IndexedLeaf parent : parents) {
      if (parent.leaf().body() instanceof RequestApproved approval) {
        RequestApproval.Terms terms = approval.approval().terms();
        require(Rule.PARENT_AGREES, "request_digest", terms.requestDigest(), request);
        require(Rule.PARENT_AGREES, "policy_digest", terms.policyDigest(), policy);
      } else if (parent.leaf().kind() == LeafKind.APPROVAL
          && !(parent.leaf().body() instanceof GovernanceStep.Begun)) {
        require(Rule.PARENT_AGREES, "of", RequestApproved.OF + " or breakglass", "another");
      }
    }
  }

  /** No approval is of a question; the mode may be. */
  private void underBreakglass() {
    for (IndexedLeaf parent : parents) {
      if (parent.leaf().kind() == LeafKind.APPROVAL
          && !(parent.leaf().body() instanceof GovernanceStep.Begun)) {
        require(Rule.PARENT_AGREES, "of", "breakglass", "another");
      }
    }
  }

  private void answers(RequestApproval.Terms terms) {
    for (IndexedLeaf parent : parents) {
      if (parent.leaf().body() instanceof LeafBody.DecisionDeny denial) {
        require(
            Rule.PARENT_AGREES,
            "request_digest",
            denial.requestDigest(),
            Optional.of(terms.requestDigest()));
        require(Rule.PARENT_AGREES, "policy_digest", denial.policyDigest(), terms.policyDigest());
      } else if (parent.leaf().body() instanceof LeafBody.PolicyInForce policy) {
        require(
            Rule.PARENT_AGREES, "policy_digest", policy.policy().digest(), terms.policyDigest());
      }
    }
  }

  private void follows(PolicyReference policy) {
    Optional<Map.Entry<Long, PolicyReference>> before = index.policyBefore(leaf.index());
    long last = before.map(known -> known.getValue().epoch()).orElse(0L);
    require(Rule.EPOCH_IN_FORCE, "epoch", last + 1, policy.epoch());
    for (IndexedLeaf parent : parents) {
      if (parent.leaf().kind() == LeafKind.POLICY) {
        require(
            Rule.EPOCH_IN_FORCE,
            "the policy before",
            "leaf " + before.map(Map.Entry::getKey).orElse(-1L),
            "leaf " + parent.index());
      }
    }
  }

  /** What goes on is what was begun, to the byte; under an artifact that went on the request names that. */
  private void renewed(LeafBody.DecisionAllow allow) {
    for (IndexedLeaf parent : parents) {
      if (parent.leaf().body() instanceof LeafBody.DecisionAllow first
          && allow.renews().equals(Optional.of(first.jti()))) {
        require(
            Rule.PARENT_AGREES,
            "parent",
            first.parent().isPresent() ? "present" : "absent",
            allow.parent().isPresent() ? "present" : "absent");
        if (allow.parent().equals(first.parent())) {
          require(
              Rule.PARENT_AGREES, "request_digest", first.requestDigest(), allow.requestDigest());
        }
      }
    }
  }

  private void ofArtifact(UuidV7 jti) {
    ofArtifacts(List.of(jti));
  }

  private void ofArtifacts(List<UuidV7> jtis) {
    List<UuidV7> left = new ArrayList<>(jtis);
    for (IndexedLeaf parent : parents) {
      if (parent.leaf().body() instanceof LeafBody.DecisionAllow allow
          && !left.remove(allow.jti())) {
        require(
            Rule.PARENT_AGREES,
            "jti",
            allow.jti(),
            left.isEmpty() ? "named by none" : left.get(0).toString());
      }
    }
  }

  private void ofHost(Hash akNameDigest) {
    for (IndexedLeaf parent : parents) {
      if (parent.leaf().body() instanceof LeafBody.Enrolment enrolment) {
        require(Rule.PARENT_AGREES, "ak_name_digest", enrolment.akNameDigest(), akNameDigest);
      }
    }
  }

  private void ofActiveHost() {
    for (IndexedLeaf parent : parents) {
      if (parent.leaf().body() instanceof LeafBody.Enrolment host) {
        HostStanding stood = index.standings().before(host.akNameDigest(), leaf.index());
        require(Rule.HOST_STANDING, "host", HostStanding.ACTIVE.wire(), stood.wire());
      }
    }
  }

  private void follows(HostChange change) {
    HostStanding before = index.standings().before(change.akNameDigest(), leaf.index());
    if (!before.mayBecome(change.state())) {
      findings.add(
          new Finding.Contradiction(
              leaf.index(),
              Rule.HOST_STANDING,
              "state",
              "one that may follow " + before.wire(),
              change.state().wire()));
    }
  }

  private void ofScope(RevokedScope scope) {
    if (scope instanceof RevokedScope.OfHost host) {
      ofHost(host.akNameDigest());
    } else if (scope instanceof RevokedScope.OfEpoch epoch) {
      for (IndexedLeaf parent : parents) {
        if (parent.leaf().body() instanceof LeafBody.PolicyInForce policy) {
          require(Rule.PARENT_AGREES, "epoch", policy.policy().epoch(), epoch.epoch());
          require(Rule.PARENT_AGREES, "from_index", parent.index(), epoch.places().fromIndex());
        }
      }
    }
  }

  private void proposed(Hash operation) {
    // A proposal is its own first; whatever else is of it comes after.
    long first = index.proposed(operation).orElse(Long.MAX_VALUE);
    if (first > leaf.index()) {
      findings.add(new Finding.UnknownOperation(leaf.index(), operation));
    }
  }

  private void require(Rule rule, String field, Object expected, Object actual) {
    if (!expected.equals(actual)) {
      findings.add(
          new Finding.Contradiction(
              leaf.index(), rule, field, expected.toString(), actual.toString()));
    }
  }
}
