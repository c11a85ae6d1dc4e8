// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.CeremonyOutcome.AlreadyThere;
import dev.writ.hsm.CeremonyOutcome.Born;
import dev.writ.hsm.HsmException.Fault;
import dev.writ.hsm.SignatureTally.Purpose;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.operator.RuntimeOperatorException;

/**
 * The birth of a service's keys inside a token.
 *
 * <p>All of them or none: a failure removes what this ceremony made. A process that dies in between
 * leaves whole keys, or one without its certificate; the next ceremony finds and names them, and
 * leaves it to a person to remove what nothing uses yet. Nothing that exists is ever overwritten.
 */
public final class KeyCeremony {
  private KeyCeremony() {}

  /** Which keys of an inventory have something in their place, and which have nothing. */
  private record Taken(List<KeySpec> existing, List<KeySpec> missing) {
    static Taken of(CryptokiSession session, List<KeySpec> specs) throws CkrException {
      TokenObjects objects = new TokenObjects(session);
      List<KeySpec> existing = new ArrayList<>();
      List<KeySpec> missing = new ArrayList<>();
      for (KeySpec spec : specs) {
        (objects.isTaken(spec) ? existing : missing).add(spec);
      }
      return new Taken(List.copyOf(existing), List.copyOf(missing));
    }
  }

  /** The keys that this token can have, of which those that a service must have are always. */
  private static List<KeySpec> possible(Token token, KeyInventory inventory) throws HsmException {
    List<KeySpec> possible = new ArrayList<>();
    for (KeySpec spec : inventory.specs()) {
      if (!spec.role().isDispensable() || token.supports(spec.algorithm())) {
        possible.add(spec);
      }
    }
    return possible;
  }

  /**
   * Makes each key of {@code inventory} that the token can have, with its certificate.
   *
   * @param clock dates the certificates
   * @param random numbers the certificates; the keys' randomness is the token's
   */
  public static CeremonyOutcome init(
      Token token, KeyInventory inventory, InstantSource clock, SecureRandom random)
      throws HsmException {
    token.requireRoom();
    List<KeySpec> specs = possible(token, inventory);
    try (CryptokiSession session = token.openWritableSession()) {
      Taken taken = Taken.of(session, specs);
      if (!taken.existing().isEmpty()) {
        return new AlreadyThere(taken.existing(), taken.missing());
      }
      return new Born(makeAll(token, session, specs, clock, random));
    } catch (CkrException e) {
      throw unusable(token, e);
    }
  }

  /**
   * The keys of {@code inventory} that the token can have and has not, in the inventory's order: all of
   * them in a fresh token, none in one that is complete.
   */
  public static List<KeySpec> missing(Token token, KeyInventory inventory) throws HsmException {
    List<KeySpec> specs = possible(token, inventory);
    try (CryptokiSession session = token.openWritableSession()) {
      return Taken.of(session, specs).missing();
    } catch (CkrException e) {
      throw unusable(token, e);
    }
  }

  /**
   * Makes the keys that are {@link #missing}, with their certificates, beside all others.
   *
   * @param expected what is missing
   * @param clock dates the certificates
   * @param random numbers the certificates; the keys' randomness is the token's
   * @return {@link AlreadyThere} where something else is missing
   * @throws HsmException also where one of the others is not as it must be; nothing is made then
   */
  public static CeremonyOutcome add(
      Token token,
      KeyInventory inventory,
      List<KeySpec> expected,
      InstantSource clock,
      SecureRandom random)
      throws HsmException {
    token.requireRoom();
    List<KeySpec> specs = possible(token, inventory);
    try (CryptokiSession session = token.openWritableSession()) {
      Taken taken = Taken.of(session, specs);
      if (!taken.missing().equals(expected)) {
        return new AlreadyThere(taken.existing(), taken.missing());
      }
      for (KeySpec other : taken.existing()) {
        token.require(other);
      }
      return new Born(makeAll(token, session, expected, clock, random));
    } catch (CkrException e) {
      throw unusable(token, e);
    }
  }

  /**
   * Makes one key more of a role, with its certificate where it has one, beside all others.
   *
   * @param spec of a generation from 2 on: the first is made by {@link #init}
   * @param clock dates the certificate
   * @param random numbers the certificate; the key's randomness is the token's
   * @return {@link AlreadyThere} where something goes by the key's label or id
   * @throws HsmException also where {@code token} destroyed the key: a generation is made once
   */
  public static CeremonyOutcome next(
      Token token, KeySpec spec, InstantSource clock, SecureRandom random) throws HsmException {
    if (spec.generation() < 2) {
      throw new IllegalArgumentException(
          "a role's next key must be of generation 2 or later, was " + spec);
    }
    token.ceremonies().lock();
    try {
      token.requireNotDestroyed(spec);
      token.requireRoom();
      try (CryptokiSession session = token.openWritableSession()) {
        if (new TokenObjects(session).isTaken(spec)) {
          return new AlreadyThere(List.of(spec), List.of());
        }
        makeNext(token, session, spec, clock, random);
        return new Born(List.of(spec));
      } catch (CkrException e) {
        throw unusable(token, e);
      }
    } finally {
      token.ceremonies().unlock();
    }
  }

  private static void makeNext(
      Token token, CryptokiSession session, KeySpec spec, InstantSource clock, SecureRandom random)
      throws HsmException {
    if (token.generations(spec).size() >= Token.MAX_GENERATIONS) {
      throw new HsmException(
          Fault.TOKEN_FULL,
          String.format(
              "the token must have room for one key more of the role %s, and holds %d, the most that"
                  + " there may be: destroy retired ones",
              spec.role().wire(), Token.MAX_GENERATIONS));
    }
    try {
      make(token, session, spec, clock, random);
      token.require(spec);
      token.requireRoom();
    } catch (HsmException e) {
      removeAll(token, List.of(spec), e);
      throw e;
    }
  }

  private static HsmException unusable(Token token, CkrException e) {
    return HsmException.ofModule(
        Fault.TOKEN_FAILED,
        "the token \""
            + token.description().label()
            + "\" must open a writable session and list its"
            + " objects, and failed: check whether it is write-protected",
        e);
  }

  private static List<KeySpec> makeAll(
      Token token,
      CryptokiSession session,
      List<KeySpec> specs,
      InstantSource clock,
      SecureRandom random)
      throws HsmException {
    List<KeySpec> made = new ArrayList<>();
    try {
      for (KeySpec spec : specs) {
        if (isMade(token, session, spec, clock, random)) {
          made.add(spec);
        }
      }
      token.requireRoom();
      return List.copyOf(made);
    } catch (HsmException e) {
      removeAll(token, specs, e);
      throw e;
    }
  }

  /** Whether the key was made, of which some tokens only say that they could: a service does without. */
  private static boolean isMade(
      Token token, CryptokiSession session, KeySpec spec, InstantSource clock, SecureRandom random)
      throws HsmException {
    try {
      make(token, session, spec, clock, random);
      token.require(spec);
      return true;
    } catch (HsmException e) {
      if (!spec.role().isDispensable() || e.remedy() != ReturnValue.Remedy.NONE) {
        throw e;
      }
      removeAll(token, List.of(spec), e);
      return false;
    }
  }

  private static void make(
      Token token, CryptokiSession session, KeySpec spec, InstantSource clock, SecureRandom random)
      throws HsmException {
    try {
      PublicKey publicKey = KeyPairBirth.make(session, spec);
      TokenObjects objects = new TokenObjects(session);
      long handle = objects.privateKey(spec);
      PrivateKeyCheck.require(session, handle, spec);
      if (spec.algorithm() != KeyAlgorithm.P256) {
        return;
      }
      X509Certificate certificate =
          KeyCertificate.selfSigned(
              spec,
              publicKey,
              new TokenSigner(message -> sign(token, session, spec, handle, message)),
              clock.instant(),
              random);
      objects.storeCertificate(spec, certificate);
    } catch (CkrException e) {
      throw notMade(token, spec, e);
    } catch (RuntimeOperatorException e) {
      throw TokenSigner.failure(e);
    } catch (GeneralSecurityException | CertIOException e) {
      throw new HsmException(
          Fault.TOKEN_FAILED,
          "the token must show the public half of the key " + spec + ", and showed something else",
          e);
    }
  }

  /** Signs where the key was born: it has no certificate yet, by which it could be found. */
  private static byte[] sign(
      Token token, CryptokiSession session, KeySpec spec, long handle, byte[] message)
      throws HsmException {
    try {
      return KeyAlgorithm.der(
          session.sign(
              token.tally(),
              new PendingSignature(spec, Purpose.CERTIFICATE),
              handle,
              spec.algorithm().toBeSigned(message)));
    } catch (CkrException e) {
      throw notMade(token, spec, e);
    }
  }

  private static HsmException notMade(Token token, KeySpec spec, CkrException e) {
    return HsmException.ofModule(
        Fault.TOKEN_FULL,
        String.format(
            "the token \"%s\" must have room for the key %s and be writable, and did not make it:"
                + " free space in the token or its folder, check who may write there, and run it"
                + " again",
            token.description().label(), spec),
        e);
  }

  /**
   * Nothing went by these names when the ceremony began, so whatever does is of its making. In sessions of
   * their own, since the one that failed may be in any state.
   */
  private static void removeAll(Token token, List<KeySpec> specs, HsmException failure) {
    for (KeySpec spec : specs) {
      try (CryptokiSession session = token.openWritableSession()) {
        new TokenObjects(session).destroy(spec);
      } catch (CkrException | HsmException e) {
        failure.addSuppressed(e);
      }
    }
  }
}
