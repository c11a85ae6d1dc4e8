// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.RequestApproved;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The state that leaves tell of, without a store: the lives of keys, policies, modes, approvals of requests
 * and published trust files. It takes the leaves of a log in order. Where some are left out it is the state
 * of those that were taken: of keys, policies and modes that is the log's own only if all their leaves were.
 */
public final class DerivedState {
  private final KeyLives keys = new KeyLives();
  private final GovernanceLives governance = new GovernanceLives();
  private final TrustLives trust = new TrustLives();
  private final ApprovalRules approvalRules = new ApprovalRules();
  private final Map<Hash, Life> lives = new LinkedHashMap<>();
  private final NavigableMap<Long, PolicyEpoch> epochs = new TreeMap<>();
  private final Map<Hash, RecordedApproval> approvals = new LinkedHashMap<>();
  private final Map<UuidV7, IssuedArtifact> artifacts = new HashMap<>();
  private final Map<UuidV7, Descent> descents = new HashMap<>();

  /** By what is renewed what its execution began with. */
  private final Map<UuidV7, UuidV7> begun = new HashMap<>();

  private final Map<Hash, Hash> statementOfLeaf = new HashMap<>();
  private final List<Fault> faults = new ArrayList<>();

  /**
   * A leaf that does not follow from those before it.
   *
   * @param why what must hold, and what was
   */
  public record Fault(long index, String why) {}

  private static final class Life {
    private OptionalLong activated = OptionalLong.empty();
    private OptionalLong ended = OptionalLong.empty();
    private long changed;
    private KeyState last = KeyState.PREPUBLISHED;
  }

  /** Knows of nothing. */
  public DerivedState() {}

  /** Takes the next leaf. */
  public void take(long index, Leaf leaf) {
    LeafBody body = leaf.body();
    var ofKeys = keys.take(body);
    var ofMode = governance.take(index, leaf);
    var ofApproval = approvalRules.take(leaf);
    var ofTrust = trust.take(index, body);
    ofKeys
        .or(() -> ofMode)
        .or(() -> ofApproval)
        .or(() -> ofTrust)
        .ifPresent(why -> faults.add(new Fault(index, why)));
    keys.keys().forEach((kid, life) -> aged(index, kid, life.state()));
    if (body instanceof LeafBody.PolicyInForce policy) {
      PolicyReference named = policy.policy();
      epochs.put(named.epoch(), new PolicyEpoch(named.epoch(), named.digest(), 1, index));
    } else if (body instanceof RequestApproved approved) {
      RequestApproval.Terms terms = approved.approval().terms();
      statementOfLeaf.put(leaf.hash(), terms.digest());
      approvals.putIfAbsent(
          terms.digest(),
          new RecordedApproval(
              terms.digest(),
              terms.requestDigest(),
              terms.policyDigest(),
              terms.kid(),
              terms.expires(),
              index,
              OptionalLong.empty()));
    } else if (body instanceof LeafBody.DecisionAllow allow) {
      leaf.parents().forEach(parent -> used(parent, index));
      issued(index, allow);
    }
  }

  private void issued(long index, LeafBody.DecisionAllow allow) {
    artifacts.putIfAbsent(
        allow.jti(), new IssuedArtifact(allow.jti(), index, Instant.MAX, false, Optional.empty()));
    allow.renews().ifPresent(first -> begun.putIfAbsent(allow.jti(), first));
    allow
        .parent()
        .ifPresent(
            parent -> {
              Optional<Descent> above = Optional.ofNullable(descents.get(parent));
              descents.putIfAbsent(
                  allow.jti(),
                  new Descent(
                      allow.jti(),
                      parent,
                      above.map(Descent::root).orElse(parent),
                      above.map(Descent::depth).orElse(0) + 1,
                      0,
                      index));
            });
  }

  /** The artifact that was issued under this identity; its end, status and revocation are not in its leaf. */
  public Optional<IssuedArtifact> artifact(UuidV7 jti) {
    return Optional.ofNullable(artifacts.get(jti));
  }

  /** Under which artifact it was issued; how many uses it draws is not in its leaf. */
  public Optional<Descent> descent(UuidV7 jti) {
    return Optional.ofNullable(descents.get(jti));
  }

  /** As {@link RecordedState#childrenBefore}, by what the leaves say. */
  public List<Long> childrenBefore(UuidV7 first, long leafIndex, int most) {
    return descents.values().stream()
        .filter(child -> child.leafIndex() < leafIndex)
        .filter(child -> begun.getOrDefault(child.parent(), child.parent()).equals(first))
        .map(Descent::leafIndex)
        .sorted()
        .limit(most)
        .toList();
  }

  private void aged(long index, Hash kid, KeyState state) {
    Life life = lives.computeIfAbsent(kid, first -> new Life());
    if (state == life.last && life.activated.isPresent()) {
      return;
    }
    if (state == KeyState.ACTIVE && life.activated.isEmpty()) {
      life.activated = OptionalLong.of(index);
    } else if (state != KeyState.ACTIVE && life.last == KeyState.ACTIVE) {
      life.ended = OptionalLong.of(index);
    }
    if (state != life.last) {
      life.changed = index;
    }
    life.last = state;
  }

  private void used(Hash parent, long index) {
    Hash statement = statementOfLeaf.get(parent);
    RecordedApproval approval = statement == null ? null : approvals.get(statement);
    if (statement != null && approval != null && approval.usedBy().isEmpty()) {
      approvals.put(
          statement,
          new RecordedApproval(
              approval.statement(),
              approval.request(),
              approval.policy(),
              approval.approver(),
              approval.expires(),
              approval.leafIndex(),
              OptionalLong.of(index)));
    }
  }

  /** The leaves that do not follow, in order. */
  public List<Fault> faults() {
    return List.copyOf(faults);
  }

  /** The keys; no leaf says when one may sign, so that their windows are all time. */
  public List<SigningKey> keys() {
    List<SigningKey> rows = new ArrayList<>();
    keys.keys()
        .forEach(
            (kid, life) -> {
              Life times = lives.getOrDefault(kid, new Life());
              rows.add(
                  new SigningKey(
                      kid,
                      life.role(),
                      life.state(),
                      Instant.MIN,
                      Instant.MAX,
                      times.changed,
                      times.activated,
                      times.ended));
            });
    return rows;
  }

  /** Policies by their epochs; what they said of earlier epochs is not in their leaves. */
  public NavigableMap<Long, PolicyEpoch> epochs() {
    return new TreeMap<>(epochs);
  }

  /** The modes, one for each leaf that changed it, in order. */
  public List<GovernanceMode> governanceModes() {
    return List.copyOf(governance.modes());
  }

  /** As {@link RecordedState#approvalsBefore}. */
  public List<RecordedApproval> approvalsBefore(
      long leafIndex, Hash request, Hash policy, Instant at) {
    return approvals.values().stream()
        .filter(
            row ->
                row.leafIndex() < leafIndex
                    && row.request().equals(request)
                    && row.policy().equals(policy)
                    && at.isBefore(row.expires()))
        .toList();
  }

  /**
   * The leaf by which a trust file of this version was published, and the one that put it in force.
   *
   * @param digest SHA-256 of the file
   */
  public record TrustPlace(Hash digest, long leafIndex, OptionalLong inForceIndex) {}

  /** The published trust files by their versions. */
  public NavigableMap<Long, TrustPlace> trustFiles() {
    NavigableMap<Long, TrustPlace> places = new TreeMap<>();
    trust
        .lives()
        .forEach(
            (version, life) ->
                places.put(
                    version, new TrustPlace(life.digest(), life.leafIndex(), life.inForce())));
    return places;
  }
}
