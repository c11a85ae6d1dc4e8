// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A change that no single person may make: it is done once enough operators of the trust file in force
 * have signed exactly this, each before its end. Who proposed it does not count among them.
 *
 * @param issuer whose service is to do it
 * @param trustVersion of the trust file whose operators decide: in another version it is another operation
 * @param nonce 32 random bytes, so that no approval of one operation is one of another
 * @param proposed when, whole seconds
 * @param expires first moment at which it cannot be approved any more, whole seconds
 * @param proposer RFC 7638 thumbprint of the operator who proposed it; absent where the service did, by
 *     its schedule
 * @param change what is to be done
 */
public record Operation(
    String issuer,
    long trustVersion,
    Hash nonce,
    Instant proposed,
    Instant expires,
    Optional<Hash> proposer,
    Change change) {
  /** Longest document, in bytes. */
  public static final int MAX_BYTES = 4096;

  /** Longest time in which an operation can be approved. */
  public static final Duration MAX_LIFETIME = Duration.ofDays(30);

  /** Longest time in which a clock can be accepted: by so much at most it is behind an operator's. */
  public static final Duration MAX_CLOCK_LIFETIME = Duration.ofDays(1);

  private static final byte[] SIGNING_LABEL =
      "writ-operation-v1\0".getBytes(StandardCharsets.US_ASCII);

  /** What is to be done. */
  public sealed interface Change {
    /** Its kind. */
    OperationKind kind();

    /**
     * SHA-256 of {@link TrustContent#signingInput} of the trust file that comes with it, which operators
     * sign too.
     */
    Optional<Hash> trust();
  }

  /**
   * The next key of a role is announced, and signs from a time on.
   *
   * @param role of both
   * @param from RFC 7638 thumbprint of the key that signs
   * @param to of the key that will
   * @param activates from when, whole seconds
   * @param content SHA-256 of the signing input of the trust file that names both
   */
  public record RotateKey(KeyRole role, Hash from, Hash to, Instant activates, Hash content)
      implements Change {
    /**
     * The change as given.
     *
     * @throws IllegalArgumentException if a value is outside its bounds
     */
    public RotateKey {
      requireTwo(from, to);
      Require.wholeSecond("change.activates", activates);
    }

    @Override
    public OperationKind kind() {
      return OperationKind.ROTATE_KEY;
    }

    @Override
    public Optional<Hash> trust() {
      return Optional.of(content);
    }
  }

  /**
   * A key is believed no more, at once.
   *
   * @param role its role
   * @param kid its RFC 7638 thumbprint
   * @param fromIndex of an issuer's key, the ledger's index from which on nothing that it signed is
   *     believed; absent, nothing is that it ever signed
   * @param replacement where the key was the one that signs: that which signs in its place, at once
   * @param content SHA-256 of the signing input of the trust file that says so
   */
  public record CompromiseKey(
      KeyRole role, Hash kid, OptionalLong fromIndex, Optional<Hash> replacement, Hash content)
      implements Change {
    /**
     * The change as given.
     *
     * @throws IllegalArgumentException if a value is outside its bounds
     */
    public CompromiseKey {
      replacement.ifPresent(other -> requireTwo(kid, other));
      fromIndex.ifPresent(
          index -> {
            Require.between("change.from_index", index, 0, Require.MAX_EXACT);
            if (role != KeyRole.ISSUER) {
              throw new InvalidValueException(
                  "change.from_index", "absent but of an issuer key", role.wire());
            }
          });
    }

    @Override
    public OperationKind kind() {
      return OperationKind.COMPROMISE_KEY;
    }

    @Override
    public Optional<Hash> trust() {
      return Optional.of(content);
    }
  }

  /**
   * A key that signs nothing more goes from its token.
   *
   * @param kid its RFC 7638 thumbprint
   */
  public record DestroyKey(Hash kid) implements Change {
    @Override
    public OperationKind kind() {
      return OperationKind.DESTROY_KEY;
    }

    @Override
    public Optional<Hash> trust() {
      return Optional.empty();
    }
  }

  /**
   * The next trust file, whatever it changes.
   *
   * @param content SHA-256 of its signing input
   */
  public record PublishTrust(Hash content) implements Change {
    @Override
    public OperationKind kind() {
      return OperationKind.PUBLISH_TRUST;
    }

    @Override
    public Optional<Hash> trust() {
      return Optional.of(content);
    }
  }

  /**
   * The service's clock is right, and was ahead when the newest leaf was written.
   *
   * @param newest that leaf's time, whole milliseconds: of another leaf nothing is said
   */
  public record AcceptClock(Instant newest) implements Change {
    /**
     * The change as given.
     *
     * @throws IllegalArgumentException if the time is outside its bounds
     */
    public AcceptClock {
      Require.wholeMillisecond("change.newest", newest);
    }

    @Override
    public OperationKind kind() {
      return OperationKind.ACCEPT_CLOCK;
    }

    @Override
    public Optional<Hash> trust() {
      return Optional.empty();
    }
  }

  /**
   * A freeze is lifted.
   *
   * @param freeze the ledger's index of its leaf: of a later freeze nothing is said
   */
  public record Unfreeze(long freeze) implements Change {
    /**
     * The change as given.
     *
     * @throws IllegalArgumentException if the index is outside its bounds
     */
    public Unfreeze {
      Require.between("change.freeze", freeze, 0, Require.MAX_EXACT);
    }

    @Override
    public OperationKind kind() {
      return OperationKind.UNFREEZE;
    }

    @Override
    public Optional<Hash> trust() {
      return Optional.empty();
    }
  }

  /**
   * The operation as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public Operation {
    Require.visible("issuer", issuer, 256);
    Require.between("trust_version", trustVersion, 1, Require.MAX_EXACT);
    Require.wholeSecond("proposed", proposed);
    Require.wholeSecond("expires", expires);
    Duration most = longest(change.kind());
    if (!expires.isAfter(proposed) || expires.isAfter(proposed.plus(most))) {
      throw new InvalidValueException(
          "expires",
          "after proposed " + proposed + " by at most " + most.toDays() + " days",
          expires.toString());
    }
  }

  /** How long an operation of a kind may be open. */
  public static Duration longest(OperationKind kind) {
    return kind == OperationKind.ACCEPT_CLOCK ? MAX_CLOCK_LIFETIME : MAX_LIFETIME;
  }

  private static void requireTwo(Hash one, Hash other) {
    if (one.equals(other)) {
      throw new InvalidValueException("change", "of two keys", "one, " + one.hex());
    }
  }

  /** The operation that {@code json} spells, which must be its one spelling, {@link #document}. */
  public static Operation parse(byte[] json) throws MalformedOperationException {
    try {
      JsonMembers members = StrictJson.parse(json, MAX_BYTES);
      members.version();
      Operation operation =
          new Operation(
              members.text("issuer"),
              members.integer("trust_version", 1, Require.MAX_EXACT),
              members.hash("nonce"),
              members.seconds("proposed"),
              members.seconds("expires"),
              members.has("proposer")
                  ? Optional.of(members.thumbprint("proposer"))
                  : Optional.empty(),
              change(members.object("change")));
      members.end();
      if (!Arrays.equals(json, operation.document())) {
        throw new MalformedOperationException("", "canonical JSON (RFC 8785)", "another spelling");
      }
      return operation;
    } catch (MalformedJsonException e) {
      throw new MalformedOperationException(e);
    } catch (InvalidValueException e) {
      throw new MalformedOperationException(e);
    }
  }

  private static Change change(JsonMembers json) throws MalformedJsonException {
    OperationKind kind = json.oneOf("kind", OperationKind.values());
    Change change =
        switch (kind) {
          case ROTATE_KEY ->
              new RotateKey(
                  json.oneOf("role", KeyRole.values()),
                  json.thumbprint("from"),
                  json.thumbprint("to"),
                  json.seconds("activates"),
                  json.hash("trust"));
          case COMPROMISE_KEY ->
              new CompromiseKey(
                  json.oneOf("role", KeyRole.values()),
                  json.thumbprint("kid"),
                  json.has("from_index")
                      ? OptionalLong.of(json.integer("from_index", 0, Require.MAX_EXACT))
                      : OptionalLong.empty(),
                  json.has("replacement")
                      ? Optional.of(json.thumbprint("replacement"))
                      : Optional.empty(),
                  json.hash("trust"));
          case DESTROY_KEY -> new DestroyKey(json.thumbprint("kid"));
          case PUBLISH_TRUST -> new PublishTrust(json.hash("trust"));
          case ACCEPT_CLOCK -> new AcceptClock(json.millis("newest"));
          case UNFREEZE -> new Unfreeze(json.integer("freeze", 0, Require.MAX_EXACT));
        };
    json.end();
    return change;
  }

  /** Its one spelling: JCS. */
  public byte[] document() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("issuer", issuer);
    map.put("trust_version", trustVersion);
    map.put("nonce", nonce);
    map.put("proposed", proposed.getEpochSecond());
    map.put("expires", expires.getEpochSecond());
    proposer.ifPresent(kid -> map.put("proposer", thumbprint(kid)));
    map.put("change", changeMap());
    return Jcs.canonical(map);
  }

  private Map<String, Object> changeMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("kind", change.kind().wire());
    if (change instanceof RotateKey rotate) {
      map.put("role", rotate.role().wire());
      map.put("from", thumbprint(rotate.from()));
      map.put("to", thumbprint(rotate.to()));
      map.put("activates", rotate.activates().getEpochSecond());
    } else if (change instanceof CompromiseKey compromise) {
      map.put("role", compromise.role().wire());
      map.put("kid", thumbprint(compromise.kid()));
      compromise.fromIndex().ifPresent(index -> map.put("from_index", index));
      compromise.replacement().ifPresent(kid -> map.put("replacement", thumbprint(kid)));
    } else if (change instanceof DestroyKey destroy) {
      map.put("kid", thumbprint(destroy.kid()));
    } else if (change instanceof AcceptClock clock) {
      map.put("newest", clock.newest().toEpochMilli());
    } else if (change instanceof Unfreeze unfreeze) {
      map.put("freeze", unfreeze.freeze());
    }
    change.trust().ifPresent(digest -> map.put("trust", digest));
    return map;
  }

  private static String thumbprint(Hash kid) {
    return Base64Url.encode(kid.bytes());
  }

  /** What operators sign: {@code writ-operation-v1 ‖ 0x00 ‖} {@link #document}. */
  public byte[] signingInput() {
    byte[] document = document();
    byte[] input = Arrays.copyOf(SIGNING_LABEL, SIGNING_LABEL.length + document.length);
    System.arraycopy(document, 0, input, SIGNING_LABEL.length, document.length);
    return input;
  }

  /** SHA-256 of {@link #signingInput}: its name. */
  public Hash digest() {
    return Hash.sha256(signingInput());
  }

  /** Whether it can still be approved. */
  public boolean isOpen(Instant now) {
    return now.isBefore(expires);
  }
}
