// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Admission;
import dev.writ.artifact.Evaluation;
import dev.writ.artifact.KeyChange;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.OperationKind;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.RevokedScope;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verification;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MerkleTree;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What must hold between the leaves of a ledger, as far as leaves say it. Given every leaf from the first
 * on, it names the first rule that one breaks; what comes after a broken leaf is judged as if it had not
 * been broken.
 *
 * <p>Memory grows with the ledger, by about half a kilobyte a leaf.
 */
public final class LedgerRules {
  /** A rule, by the word that reports name it with. */
  public enum Rule {
    /** It is a leaf of a kind and version that is known, in canonical form. */
    LEAF_FORM("leaf_form"),
    /** Keys come first, then the policy: nothing else stands before the first epoch. */
    BIRTH("birth"),
    /** Its time is not more than {@link #MAX_STEP_BACK} before one before it, unless a clock was accepted. */
    TIME_ORDER("time_order"),
    /** No leaf before it has its id. */
    ID_UNIQUE("id_unique"),
    /** Its parents are leaves before it. */
    PARENTS_EARLIER("parents_earlier"),
    /** Policy epochs are 1, 2, 3, … */
    EPOCH_ORDER("epoch_order"),
    /** An allow names the epoch in force and its policy; a denial one that is or was. */
    POLICY_IN_FORCE("policy_in_force"),
    /** An artifact is allowed by one leaf, and no evidence allows two. */
    ALLOW_ONCE("allow_once"),
    /** An outcome, verification or revocation is of an artifact allowed before it, and comes from that leaf. */
    OF_AN_ALLOW("of_an_allow"),
    /** No more uses of an artifact are taken than it has, and for each question one. */
    USES_LEFT("uses_left"),
    /** Nothing above an artifact that was asked for under others was revoked by name before it. */
    PARENT_LIVE("parent_live"),
    /** A statement of an outcome, and the revocation of an artifact, come once. */
    SAID_ONCE("said_once"),
    /** A host's keys are enrolled once; who was invited, by an invitation that was open. */
    ENROLLED_ONCE("enrolled_once"),
    /** The revocation of a boot, or of a host, is of one that is enrolled. */
    OF_A_HOST("of_a_host"),
    /** States of a host follow one another, retired is the last, and what is allowed is an active host's. */
    HOST_STANDING("host_standing"),
    /** What a revocation of many names by places is before it, and is its key's or epoch's own. */
    OF_A_SCOPE("of_a_scope"),
    /** Keys go through their states in order, and of a role one is active. */
    KEY_ORDER("key_order"),
    /** An allow stands where an issuer's key is active, in its window where a trust file gives it one. */
    KEY_IN_USE("key_in_use"),
    /** What is approved, ended, or changes a key was proposed before, and nobody approves twice. */
    OPERATION_PROPOSED("operation_proposed"),
    /** A break-glass begins once, and allows come from no other than that in force; freezes and reviews have one. */
    GOVERNANCE_ORDER("governance_order"),
    /** An approval of a request comes once, and one allow on that request and policy uses it, in its time. */
    APPROVED_ONCE("approved_once");

    private final String wire;

    Rule(String wire) {
      this.wire = wire;
    }

    /** The word. */
    public String wire() {
      return wire;
    }
  }

  /**
   * A leaf that breaks a rule.
   *
   * @param index the leaf's place
   * @param rule the first that it breaks
   * @param reason what must hold and what was
   */
  public record Violation(long index, Rule rule, String reason) {}

  /** Entries wait for their commit, each thread's for itself. */
  public static final Duration MAX_STEP_BACK = Duration.ofSeconds(60);

  private record Known(long index, Hash leafHash) {}

  private final Optional<TrustContent> trust;
  private final KeyLives keys = new KeyLives();
  private final Set<UuidV7> ids = new HashSet<>();
  private final Set<Hash> leaves = new HashSet<>();
  private final Map<UuidV7, Known> allows = new HashMap<>();
  private final Map<UuidV7, UuidV7> parents = new HashMap<>();
  private final Set<Hash> evidence = new HashSet<>();
  private final Set<UuidV7> revoked = new HashSet<>();

  /** With what the execution of an artifact began, where it goes on under that. */
  private final Map<UuidV7, UuidV7> begun = new HashMap<>();

  /** The first artifacts of executions of which one was revoked by name. */
  private final Set<UuidV7> ended = new HashSet<>();

  private final Set<Hash> statements = new HashSet<>();
  private final Map<Hash, LeafBody.Enrolment> hosts = new HashMap<>();
  private final Set<Hash> endorsementKeys = new HashSet<>();
  private final Map<Hash, Instant> invitations = new HashMap<>();
  private final OperationRules operations = new OperationRules();
  private final GovernanceLives governance = new GovernanceLives();
  private final ApprovalRules approvals = new ApprovalRules();
  private final UseRules uses = new UseRules();
  private final ScopeRules scopes = new ScopeRules();
  private final HostLives standings = new HostLives();
  private final Map<Long, PolicyReference> epochs = new HashMap<>();
  private long epoch;
  private @Nullable Instant newest;

  /**
   * Rules over a ledger of which no leaf was taken.
   *
   * @param trust whose windows of issuer keys are gone by, where there is one
   */
  public LedgerRules(Optional<TrustContent> trust) {
    this.trust = trust;
  }

  /** Takes the next leaf. */
  public Optional<Violation> take(long index, byte[] entry) {
    Leaf leaf;
    try {
      leaf = Leaf.parse(entry);
    } catch (MalformedLeafException e) {
      boolean unused = leaves.add(MerkleTree.leafHash(entry));
      return Optional.of(new Violation(index, Rule.LEAF_FORM, String.valueOf(e.getMessage())));
    }
    Judge judge = new Judge(index, leaf);
    judge.general();
    judge.body();
    boolean unused = leaves.add(leaf.hash());
    return judge.first();
  }

  /** Of one leaf. All rules are asked, since each takes from it what later leaves are judged by. */
  private final class Judge {
    private final long index;
    private final Leaf leaf;
    private @Nullable Violation first;

    Judge(long index, Leaf leaf) {
      this.index = index;
      this.leaf = leaf;
    }

    Optional<Violation> first() {
      return Optional.ofNullable(first);
    }

    private void require(boolean holds, Rule rule, String reason) {
      if (!holds && first == null) {
        first = new Violation(index, rule, reason);
      }
    }

    private void refuse(Rule rule, Optional<String> reason) {
      reason.ifPresent(why -> require(false, rule, why));
    }

    void general() {
      require(
          epoch > 0 || leaf.kind() == LeafKind.KEY || (leaf.kind() == LeafKind.POLICY && index > 0),
          Rule.BIRTH,
          "before the first policy must stand keys alone, at least one, stood a leaf of kind "
              + leaf.kind().wire());
      boolean clockAccepted =
          leaf.body() instanceof OperationStep.Ended ended
              && ended.of() == OperationKind.ACCEPT_CLOCK
              && ended.end() == OperationStep.End.EXECUTED;
      require(
          newest == null || clockAccepted || !leaf.time().plus(MAX_STEP_BACK).isBefore(newest),
          Rule.TIME_ORDER,
          "its time must be at most "
              + MAX_STEP_BACK.toSeconds()
              + " s before "
              + newest
              + ", of a leaf before it, was "
              + leaf.time());
      if (newest == null || clockAccepted || leaf.time().isAfter(newest)) {
        newest = leaf.time();
      }
      require(
          ids.add(leaf.id()),
          Rule.ID_UNIQUE,
          "its id must be its own, " + leaf.id() + " was given");
      for (Hash parent : leaf.parents()) {
        require(
            leaves.contains(parent),
            Rule.PARENTS_EARLIER,
            "its parents must be leaves before it, " + parent + " is none");
      }
    }

    void body() {
      LeafBody body = leaf.body();
      refuse(Rule.KEY_ORDER, keys.take(body));
      refuse(Rule.GOVERNANCE_ORDER, governance.take(index, leaf));
      refuse(Rule.APPROVED_ONCE, approvals.take(leaf));
      refuse(Rule.OF_A_SCOPE, scopes.take(index, body, keys));
      refuse(Rule.HOST_STANDING, standings.take(leaf));
      if (body instanceof LeafBody.PolicyInForce policy) {
        policy(policy.policy());
      } else if (body instanceof LeafBody.DecisionAllow allow) {
        allow(allow);
      } else if (body instanceof LeafBody.DecisionDeny deny) {
        named(deny.epoch(), deny.policyDigest());
      } else if (body instanceof Evaluation evaluation) {
        named(evaluation.epoch(), evaluation.policyDigest());
      } else if (body instanceof LeafBody.Outcome outcome) {
        ofAllow(outcome.jti());
        require(
            statements.add(outcome.statementDigest()),
            Rule.SAID_ONCE,
            "a statement must be recorded once, " + outcome.statementDigest() + " was before");
      } else if (body instanceof Verification verification) {
        verification.jti().ifPresent(this::ofAllow);
        refuse(Rule.USES_LEFT, uses.take(verification));
      } else if (body instanceof LeafBody.Revocation revocation) {
        ofAllow(revocation.jti());
        require(
            revoked.add(revocation.jti()),
            Rule.SAID_ONCE,
            "an artifact must be revoked once, " + revocation.jti() + " was before");
        boolean unused = ended.add(begun.getOrDefault(revocation.jti(), revocation.jti()));
      } else if (body instanceof LeafBody.Approval approval) {
        invitations.put(leaf.hash(), approval.expires());
      } else if (body instanceof LeafBody.Enrolment enrolment) {
        enrolment(enrolment);
      } else if (body instanceof LeafBody.BootRevocation boot) {
        require(
            hosts.containsKey(boot.akNameDigest()),
            Rule.OF_A_HOST,
            "a boot must be of an enrolled host, " + boot.akNameDigest() + " is none's");
      } else if (body instanceof LeafBody.ScopeRevocation some
          && some.scope() instanceof RevokedScope.OfHost host) {
        require(
            hosts.containsKey(host.akNameDigest()),
            Rule.OF_A_HOST,
            "a revoked host must be enrolled, " + host.akNameDigest() + " is not");
      } else if (body instanceof OperationStep step) {
        refuse(Rule.OPERATION_PROPOSED, operations.take(step));
      } else if (body instanceof KeyChange change) {
        refuse(Rule.OPERATION_PROPOSED, operations.use(change.operation()));
      }
    }

    private void policy(PolicyReference policy) {
      require(
          policy.epoch() == epoch + 1,
          Rule.EPOCH_ORDER,
          "the epoch must be " + (epoch + 1) + ", was " + policy.epoch());
      epoch = policy.epoch();
      epochs.put(epoch, policy);
    }

    private void named(long named, Hash digest) {
      PolicyReference policy = epochs.get(named);
      require(
          policy != null && policy.digest().equals(digest),
          Rule.POLICY_IN_FORCE,
          "a decision must name an epoch that came into force and its policy, named "
              + named
              + " and "
              + digest);
    }

    private void allow(LeafBody.DecisionAllow allow) {
      require(
          allow.epoch() == epoch,
          Rule.POLICY_IN_FORCE,
          "an allow must name the epoch in force, " + epoch + ", named " + allow.epoch());
      named(allow.epoch(), allow.policyDigest());
      @Nullable Known before = allows.putIfAbsent(allow.jti(), new Known(index, leaf.hash()));
      require(
          before == null,
          Rule.ALLOW_ONCE,
          "one leaf must allow "
              + allow.jti()
              + ", and leaf "
              + (before == null ? index : before.index())
              + " did before");
      require(
          evidence.add(allow.evidenceDigest()),
          Rule.ALLOW_ONCE,
          "evidence must be used once, " + allow.evidenceDigest() + " was before");
      refuse(Rule.KEY_IN_USE, keys.whyUnused(leaf, trust));
      if (allow.parent().isPresent()) {
        under(allow, allow.parent().get());
      }
      if (allow.renews().isPresent()) {
        renewed(allow, allow.renews().get());
      }
    }

    /**
     * Whatever of one execution was revoked, nothing goes on with it; and nothing goes on under another than
     * it began under.
     */
    private void renewed(LeafBody.DecisionAllow allow, UuidV7 first) {
      ofAllow(first);
      @Nullable UuidV7 unused = begun.put(allow.jti(), first);
      require(
          !ended.contains(first),
          Rule.PARENT_LIVE,
          "what it renews must not have been revoked, and of the execution of "
              + first
              + " some was");
      @Nullable UuidV7 above = execution(parents.get(allow.jti()));
      @Nullable UuidV7 before = execution(parents.get(first));
      require(
          Objects.equals(above, before),
          Rule.OF_AN_ALLOW,
          "it must be under the execution that "
              + first
              + " is under, "
              + before
              + ", is under "
              + above);
    }

    private @Nullable UuidV7 execution(@Nullable UuidV7 jti) {
      return jti == null ? null : begun.getOrDefault(jti, jti);
    }

    private void under(LeafBody.DecisionAllow allow, UuidV7 parent) {
      ofAllow(parent);
      // One that was known before has its parent already, whatever another leaf says of it.
      @Nullable UuidV7 unused = parents.putIfAbsent(allow.jti(), parent);
      int above = 0;
      for (@Nullable UuidV7 next = parent; next != null; next = parents.get(next)) {
        above++;
        require(
            !revoked.contains(next),
            Rule.PARENT_LIVE,
            "what it was asked for under must not have been revoked, and " + next + " was");
        if (above > Descent.MAX_DEPTH) {
          break;
        }
      }
      require(
          above <= Descent.MAX_DEPTH,
          Rule.PARENT_LIVE,
          "at most " + Descent.MAX_DEPTH + " artifacts must stand above one, stand more");
    }

    private void ofAllow(UuidV7 jti) {
      @Nullable Known allow = allows.get(jti);
      require(
          allow != null && leaf.parents().contains(allow.leafHash()),
          Rule.OF_AN_ALLOW,
          allow == null
              ? "a leaf before it must allow " + jti + ", none does"
              : "it must come from leaf " + allow.index() + ", does not");
    }

    private void enrolment(LeafBody.Enrolment enrolment) {
      boolean fresh = endorsementKeys.add(enrolment.ekDigest());
      LeafBody.@Nullable Enrolment before = hosts.putIfAbsent(enrolment.akNameDigest(), enrolment);
      require(
          fresh && before == null,
          Rule.ENROLLED_ONCE,
          "a host's keys must be enrolled once, "
              + enrolment.akNameDigest()
              + " or "
              + enrolment.ekDigest()
              + " was before");
      if (enrolment.admission() == Admission.INVITED) {
        Optional<Hash> invitation =
            leaf.parents().stream().filter(invitations::containsKey).findFirst();
        @Nullable Instant expires = invitation.map(invitations::remove).orElse(null);
        require(
            expires != null && leaf.time().isBefore(expires),
            Rule.ENROLLED_ONCE,
            "who was invited must come from an invitation that is open, "
                + (expires == null ? "came from none" : "came after its end at " + expires));
      }
    }
  }
}
