// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Of what a leaf withdraws all artifacts that stand before it and had not ended, with all that were issued
 * under them.
 *
 * <p>A key signs, and a policy epoch is in force, from one leaf to another. So whoever has a decision's place
 * sees whether it is meant, without the artifact.
 */
public sealed interface RevokedScope {
  /**
   * Leaves that say the same scope are of one revocation, in parts, where no more lies between one and the next:
   * as far as clocks may be wrong.
   */
  Duration BETWEEN_PARTS = Duration.ofSeconds(60);

  /** The word that the leaf has for it. */
  String wire();

  /** What the leaf has beside the word. */
  Map<String, Object> members();

  /**
   * Of a host.
   *
   * @param akNameDigest SHA-256 of its attestation key's TPM Name
   */
  record OfHost(Hash akNameDigest) implements RevokedScope {
    @Override
    public String wire() {
      return "host";
    }

    @Override
    public Map<String, Object> members() {
      return Map.of("ak_name_digest", akNameDigest);
    }
  }

  /**
   * Of a workload.
   *
   * @param subject commitment to the UTF-8 of {@code sub}
   * @param beforeIndex the first leaf at which nothing decided is meant any more
   */
  record OfWorkload(Commitment subject, long beforeIndex) implements RevokedScope {
    /** Checks the place. */
    public OfWorkload {
      Require.between("before_index", beforeIndex, 1, Require.MAX_EXACT);
    }

    @Override
    public String wire() {
      return "workload";
    }

    @Override
    public Map<String, Object> members() {
      return Map.of("subject", subject.digest(), "before_index", beforeIndex);
    }
  }

  /**
   * Of an issuer's key.
   *
   * @param kid its RFC 7638 thumbprint
   * @param places of the leaves that decided for what it signed
   */
  record OfKey(Hash kid, Places places) implements RevokedScope {
    @Override
    public String wire() {
      return "issuer_key";
    }

    @Override
    public Map<String, Object> members() {
      return places.beside("kid", Base64Url.encode(kid.bytes()));
    }
  }

  /**
   * Of a policy epoch.
   *
   * @param places of the leaves that were decided under it
   */
  record OfEpoch(long epoch, Places places) implements RevokedScope {
    /** Checks the number. */
    public OfEpoch {
      Require.between("epoch", epoch, 1, Require.MAX_EXACT);
    }

    @Override
    public String wire() {
      return "policy_epoch";
    }

    @Override
    public Map<String, Object> members() {
      return places.beside("epoch", epoch);
    }
  }

  /** Of a range of the ledger. */
  record OfRange(Places places) implements RevokedScope {
    @Override
    public String wire() {
      return "ledger_range";
    }

    @Override
    public Map<String, Object> members() {
      return places.toMap();
    }
  }

  /**
   * Places in the ledger.
   *
   * @param fromIndex the first
   * @param beforeIndex the first after them, greater than {@code fromIndex}
   */
  record Places(long fromIndex, long beforeIndex) {
    /** Checks the order. */
    public Places {
      Require.between("from_index", fromIndex, 0, Require.MAX_EXACT - 1);
      Require.between("before_index", beforeIndex, fromIndex + 1, Require.MAX_EXACT);
    }

    private Map<String, Object> toMap() {
      return Map.of("from_index", fromIndex, "before_index", beforeIndex);
    }

    private Map<String, Object> beside(String name, Object value) {
      Map<String, Object> map = new LinkedHashMap<>(toMap());
      map.put(name, value);
      return map;
    }

    private static Places take(JsonMembers json) throws MalformedJsonException {
      long from = json.integer("from_index", 0, Require.MAX_EXACT - 1);
      return new Places(from, json.integer("before_index", from + 1, Require.MAX_EXACT));
    }
  }

  /** The places, of what goes by places. */
  default Optional<Places> byPlaces() {
    if (this instanceof OfKey key) {
      return Optional.of(key.places());
    } else if (this instanceof OfEpoch epoch) {
      return Optional.of(epoch.places());
    }
    return this instanceof OfRange range ? Optional.of(range.places()) : Optional.empty();
  }

  /**
   * Whom a gateway may take for withdrawn by the leaf alone. Whose a workload's are, a leaf that anybody may
   * read does not say: the status tokens do.
   */
  default Optional<RevocationScope> judged() {
    if (this instanceof OfHost host) {
      return Optional.of(new RevocationScope.OfHost(host.akNameDigest()));
    }
    return byPlaces()
        .map(places -> new RevocationScope.OfPlaces(places.fromIndex(), places.beforeIndex()));
  }

  /** What {@link #wire} and {@link #members} gave. */
  static RevokedScope take(String wire, JsonMembers json) throws MalformedJsonException {
    return switch (wire) {
      case "host" -> new OfHost(json.hash("ak_name_digest"));
      case "workload" ->
          new OfWorkload(
              new Commitment(json.hash("subject")),
              json.integer("before_index", 1, Require.MAX_EXACT));
      case "issuer_key" -> new OfKey(json.thumbprint("kid"), Places.take(json));
      case "policy_epoch" ->
          new OfEpoch(json.integer("epoch", 1, Require.MAX_EXACT), Places.take(json));
      case "ledger_range" -> new OfRange(Places.take(json));
      default ->
          throw new MalformedJsonException(
              "scope", "host, workload, issuer_key, policy_epoch or ledger_range", "another");
    };
  }
}
