// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LogLines;
import dev.writ.artifact.Operation;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustedKey;
import dev.writ.artifact.VerificationKey;
import dev.writ.hsm.HsmKey;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.SigningKey;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/** Makes of a {@link ChangeRequest} what operators can be asked to approve: a change, and its trust file. */
final class Proposals {
  /** Longest lead of a rotation. */
  static final Duration MAX_LEAD = Duration.ofDays(30);

  private final Ledger ledger;
  private final TrustFiles trust;
  private final KeysInUse keys;
  private final KeyGenerations generations;
  private final Overlaps overlaps;
  private final WitnessPlaces witnesses;

  Proposals(
      Ledger ledger,
      TrustFiles trust,
      KeysInUse keys,
      KeyGenerations generations,
      Overlaps overlaps,
      WitnessPlaces witnesses) {
    this.ledger = ledger;
    this.trust = trust;
    this.keys = keys;
    this.generations = generations;
    this.overlaps = overlaps;
    this.witnesses = witnesses;
  }

  /** A change and the trust file that it names, which nobody has signed. */
  record Drafted(Operation.Change change, Optional<TrustFile> trust) {
    private static Drafted of(TrustContent content, Function<Hash, Operation.Change> change) {
      return new Drafted(
          change.apply(Hash.sha256(content.signingInput())),
          Optional.of(TrustFile.of(content, List.of())));
    }
  }

  /**
   * Makes it; a key that it takes is made in the token, where an earlier proposal left none.
   *
   * @param now whole seconds
   * @param expires when it cannot be approved any more
   * @throws DeniedException if it cannot be
   */
  Drafted draft(ChangeRequest request, Instant now, Instant expires) throws LedgerException {
    if (request instanceof ChangeRequest.Rotate rotate) {
      return rotation(rotate, expires);
    } else if (request instanceof ChangeRequest.Compromise compromise) {
      return compromise(compromise, now);
    } else if (request instanceof ChangeRequest.Destroy destroy) {
      return destruction(destroy.kid());
    } else if (request instanceof ChangeRequest.AcceptClock) {
      return acceptance(now);
    } else if (request instanceof ChangeRequest.Unfreeze) {
      return unfreezing();
    }
    return publication(((ChangeRequest.Publish) request).file());
  }

  private Drafted rotation(ChangeRequest.Rotate rotate, Instant expires) throws LedgerException {
    if (rotate.lead().isNegative() || rotate.lead().compareTo(MAX_LEAD) > 0) {
      throw new DeniedException(
          Denial.malformed(
              "lead_out_of_bounds",
              "the lead must be 0 seconds to "
                  + MAX_LEAD.toDays()
                  + " days, was "
                  + rotate.lead()));
    }
    for (SigningKey known : ledger.keys()) {
      if (known.role() == rotate.role() && known.state() == KeyState.PREPUBLISHED) {
        throw new DeniedException(
            new Denial(
                DenialCode.REPLAYED,
                "rotation_under_way",
                "the role must have no key that is announced, and "
                    + PublicRoutes.base64Url(known.kid().bytes())
                    + " is to sign from "
                    + known.notBefore()
                    + " on"));
      }
    }
    Hash from = keys.of(rotate.role()).kid();
    if (known(from).state() != KeyState.ACTIVE) {
      throw new DeniedException(
          new Denial(
              DenialCode.POLICY_DENIED,
              "no_active_key",
              "the role must have an active key that another can follow, and has none"));
    }
    HsmKey next = generations.next(rotate.role());
    NextTrust.Successor to = successor(rotate.role(), next);
    Instant activates = expires.plus(rotate.lead()).truncatedTo(ChronoUnit.SECONDS);
    TrustContent content =
        NextTrust.after(trust.newest())
            .rotated(
                known(rotate.role(), keys.of(rotate.role()).key()),
                to,
                activates,
                overlaps.after(rotate.role()));
    return Drafted.of(
        content,
        digest -> new Operation.RotateKey(rotate.role(), from, to.key().kid(), activates, digest));
  }

  private Drafted compromise(ChangeRequest.Compromise compromise, Instant now)
      throws LedgerException {
    SigningKey known = known(compromise.kid());
    if (keys.atStart().isEd25519(known.kid())) {
      throw new DeniedException(
          new Denial(
              DenialCode.POLICY_DENIED,
              "role_without_rotation",
              "the key must be of a role that a trust file names, and is that of the checkpoint's"
                  + " Ed25519 line, in which no verifier of artifacts believes"));
    }
    if (known.state() == KeyState.COMPROMISED) {
      throw new DeniedException(
          new Denial(
              DenialCode.REPLAYED, "key_compromised", "the key must not be compromised, and is"));
    }
    OptionalLong index = index(compromise.from());
    if (index.isPresent() && known.role() != KeyRole.ISSUER) {
      throw new DeniedException(
          Denial.malformed(
              "since_of_status_key",
              "only of an issuer's key does the ledger show what it signed before a time"));
    }
    Optional<HsmKey> replacement =
        known.state() == KeyState.ACTIVE ? Optional.of(successor(known.role())) : Optional.empty();
    Optional<NextTrust.Successor> inPlace = replacement.map(key -> successor(known.role(), key));
    TrustContent content =
        NextTrust.after(trust.newest())
            .compromised(believed(known), index, inPlace, followed(known), now);
    return Drafted.of(
        content,
        digest ->
            new Operation.CompromiseKey(
                known.role(),
                known.kid(),
                index,
                inPlace.map(successor -> successor.key().kid()),
                digest));
  }

  /** The key that an announced one was to follow. */
  private Optional<NextTrust.Known> followed(SigningKey announced) {
    return announced.state() == KeyState.PREPUBLISHED && announced.role() != KeyRole.TLS
        ? Optional.of(known(announced.role(), keys.of(announced.role()).key()))
        : Optional.empty();
  }

  /** As the trust file names it; one that no trust file names is asked of the token. */
  private NextTrust.Known believed(SigningKey known) {
    Optional<TrustedKey> named = trust.newest().content().trustedKey(known.kid());
    return named.isPresent()
        ? new NextTrust.Known(
            known.role(), named.get().key(), new KeyWindow(named.get().nbf(), named.get().exp()))
        : known(known.role(), generations.inToken(known.role(), known.kid()));
  }

  private static NextTrust.Known known(KeyRole role, HsmKey key) {
    return new NextTrust.Known(role, VerificationKey.of(key.publicKey()), KeyWindow.of(role, key));
  }

  private NextTrust.Successor successor(KeyRole role, HsmKey key) {
    return new NextTrust.Successor(VerificationKey.of(key.publicKey()), generations.validity(role));
  }

  /** The key that is announced already; else the next. */
  private HsmKey successor(KeyRole role) throws LedgerException {
    for (SigningKey other : ledger.keys()) {
      if (other.role() == role && other.state() == KeyState.PREPUBLISHED) {
        return generations.inToken(role, other.kid());
      }
    }
    return generations.next(role);
  }

  private OptionalLong index(ChangeRequest.Since since) throws LedgerException {
    if (since instanceof ChangeRequest.Since.Leaf leaf) {
      if (leaf.index() > ledger.size()) {
        throw new DeniedException(
            Denial.malformed(
                "index_ahead",
                "a compromise must be from a leaf on that is there, or the next, "
                    + ledger.size()
                    + ", was from "
                    + leaf.index()));
      }
      return OptionalLong.of(leaf.index());
    } else if (since instanceof ChangeRequest.Since.Time time) {
      return OptionalLong.of(firstLeafFrom(time.at()));
    }
    return OptionalLong.empty();
  }

  /** Leaves' times rise but for what their threads are apart, which is milliseconds. */
  private long firstLeafFrom(Instant since) throws LedgerException {
    // As leaves have it.
    Instant time = since.truncatedTo(ChronoUnit.MILLIS);
    long low = 0;
    long high = ledger.size();
    while (low < high) {
      long middle = low + (high - low) / 2;
      Optional<Leaf> leaf = ledger.leaf(middle);
      if (leaf.isPresent() && leaf.get().time().isBefore(time)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private Drafted destruction(Hash kid) throws LedgerException {
    SigningKey known = known(kid);
    if (known.state() != KeyState.RETIRED && known.state() != KeyState.COMPROMISED) {
      throw new DeniedException(
          new Denial(
              DenialCode.POLICY_DENIED,
              "key_in_use",
              "a key that is destroyed must be retired or compromised, and is "
                  + known.state().wire()));
    }
    return new Drafted(new Operation.DestroyKey(kid), Optional.empty());
  }

  private Drafted acceptance(Instant now) throws LedgerException {
    Instant newest = ledger.newestLeafTime().orElse(Instant.EPOCH);
    if (!now.plus(trust.newest().content().skew()).isBefore(newest)) {
      throw new DeniedException(
          new Denial(
              DenialCode.POLICY_DENIED,
              "clock_not_behind",
              "a clock that is to be accepted must be before the ledger's newest leaf of "
                  + newest
                  + ", and is at "
                  + now
                  + ": there is nothing to accept"));
    }
    return new Drafted(new Operation.AcceptClock(newest), Optional.empty());
  }

  private Drafted unfreezing() throws LedgerException {
    OptionalLong frozenBy = ledger.governanceMode().frozenBy();
    if (frozenBy.isEmpty()) {
      throw new DeniedException(
          new Denial(
              DenialCode.POLICY_DENIED,
              "not_frozen",
              "a freeze that is to be lifted must be in force, and none is"));
    }
    return new Drafted(new Operation.Unfreeze(frozenBy.getAsLong()), Optional.empty());
  }

  private Drafted publication(TrustFile wished) throws LedgerException {
    TrustContent content = NextTrust.after(trust.newest()).changed(wished.content());
    requireOwn(content);
    requireWitnessed(content);
    return Drafted.of(content, Operation.PublishTrust::new);
  }

  /**
   * Of other witnesses a quorum must be there already: once the file is in force nothing is answered before
   * they have cosigned, and nothing could be approved that would change them again.
   */
  private void requireWitnessed(TrustContent content) throws LedgerException {
    if (log(content).others().equals(log(trust.newest().content()).others())) {
      return;
    }
    String missing;
    try {
      missing = ledger.missing(witnesses.after(TrustFile.of(content, List.of()))).orElse("");
    } catch (LedgerException e) {
      missing = String.valueOf(e.getMessage());
    }
    if (!missing.isEmpty()) {
      throw new DeniedException(
          new Denial(
              DenialCode.POLICY_DENIED,
              "witnesses_unavailable",
              "a quorum of the witnesses that a trust file names must cosign the ledger's head before"
                  + " it is proposed, did not: "
                  + missing
                  + "; tell them the log's vkey, and propose it again"));
    }
  }

  private LogLines log(TrustContent content) {
    return new LogLines(content.logPolicy(), trust.newest().logOrigin());
  }

  /** What this service signs must be believed under it, and its ledger be the same. */
  private void requireOwn(TrustContent content) throws LedgerException {
    TrustContent before = trust.newest().content();
    boolean same =
        content.issuer().equals(before.issuer())
            && content.assurance() == before.assurance()
            && content.keys().equals(before.keys())
            && log(content).logs().equals(log(before).logs())
            && content.status().equals(before.status())
            && content.skew().equals(before.skew())
            && content.tls().containsAll(tlsPins());
    if (!same) {
      throw new DeniedException(
          new Denial(
              DenialCode.POLICY_DENIED,
              "trust_file_of_others",
              "a trust file that is published so must leave issuer, assurance, jwks, the log"
                  + " lines of log_policy, status and skew_s as they are, and pin the service's TLS key: keys are changed"
                  + " by a rotation, the others with a new ledger or start"));
    }
  }

  /** Of the TLS key that is in use, and of one that is to be. */
  private List<Hash> tlsPins() throws LedgerException {
    List<Hash> pins = new ArrayList<>();
    pins.add(IssuerKeys.tlsPin(keys.of(KeyRole.TLS).key()));
    for (SigningKey key : ledger.keys()) {
      if (key.role() == KeyRole.TLS && key.state() == KeyState.PREPUBLISHED) {
        pins.add(IssuerKeys.tlsPin(generations.inToken(KeyRole.TLS, key.kid())));
      }
    }
    return pins;
  }

  private SigningKey known(Hash kid) throws LedgerException {
    return ledger
        .key(kid)
        .orElseThrow(
            () ->
                new DeniedException(
                    new Denial(
                        DenialCode.ARTIFACT_MISSING,
                        "key_unknown",
                        "the ledger must know the key, and does not: see writ keys list")));
  }
}
