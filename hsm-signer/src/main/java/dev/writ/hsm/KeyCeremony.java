// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.CeremonyOutcome.AlreadyThere;
import dev.writ.hsm.CeremonyOutcome.Born;
import dev.writ.hsm.HsmException.Fault;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
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
    static Taken of(CryptokiSession session, KeyInventory inventory) throws CkrException {
      TokenObjects objects = new TokenObjects(session);
      List<KeySpec> existing = new ArrayList<>();
      List<KeySpec> missing = new ArrayList<>();
      for (KeySpec spec : inventory.specs()) {
        (objects.isTaken(spec) ? existing : missing).add(spec);
      }
      return new Taken(List.copyOf(existing), List.copyOf(missing));
    }
  }

  /**
   * Makes each key of {@code inventory} with its certificate.
   *
   * @param clock dates the certificates
   * @param random numbers the certificates; the keys' randomness is the token's
   */
  public static CeremonyOutcome init(
      Token token, KeyInventory inventory, InstantSource clock, SecureRandom random)
      throws HsmException {
    token.requireRoom();
    try (CryptokiSession session = token.openWritableSession()) {
      Taken taken = Taken.of(session, inventory);
      if (!taken.existing().isEmpty()) {
        return new AlreadyThere(taken.existing(), taken.missing());
      }
      return new Born(makeAll(token, session, inventory.specs(), clock, random));
    } catch (CkrException e) {
      throw unusable(token, e);
    }
  }

  /** Whether the token has a key of every role but {@code role}, and nothing in that one's place. */
  public static boolean lacksOnly(Token token, KeyInventory inventory, KeyRole role)
      throws HsmException {
    try (CryptokiSession session = token.openWritableSession()) {
      return Taken.of(session, inventory).missing().equals(List.of(inventory.spec(role)));
    } catch (CkrException e) {
      throw unusable(token, e);
    }
  }

  /**
   * Makes the key of {@code role}, with its certificate, beside those of all other roles.
   *
   * @param clock dates the certificate
   * @param random numbers the certificate; the key's randomness is the token's
   * @return {@link AlreadyThere} where it is not {@link #lacksOnly the only one that is missing}
   * @throws HsmException also where one of the others is not as it must be; nothing is made then
   */
  public static CeremonyOutcome add(
      Token token, KeyInventory inventory, KeyRole role, InstantSource clock, SecureRandom random)
      throws HsmException {
    token.requireRoom();
    try (CryptokiSession session = token.openWritableSession()) {
      Taken taken = Taken.of(session, inventory);
      KeySpec spec = inventory.spec(role);
      if (!taken.missing().equals(List.of(spec))) {
        return new AlreadyThere(taken.existing(), taken.missing());
      }
      for (KeySpec other : taken.existing()) {
        var unused = token.key(other);
      }
      return new Born(makeAll(token, session, List.of(spec), clock, random));
    } catch (CkrException e) {
      throw unusable(token, e);
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

  private static List<HsmKey> makeAll(
      Token token,
      CryptokiSession session,
      List<KeySpec> specs,
      InstantSource clock,
      SecureRandom random)
      throws HsmException {
    List<HsmKey> keys = new ArrayList<>();
    try {
      for (KeySpec spec : specs) {
        make(token, session, spec, clock, random);
        keys.add(token.key(spec));
      }
      token.requireRoom();
      return List.copyOf(keys);
    } catch (HsmException e) {
      removeAll(session, specs, e);
      throw e;
    }
  }

  private static void make(
      Token token, CryptokiSession session, KeySpec spec, InstantSource clock, SecureRandom random)
      throws HsmException {
    try {
      ECPublicKey publicKey = KeyPairBirth.make(session, spec);
      TokenObjects objects = new TokenObjects(session);
      long handle = objects.privateKey(spec);
      PrivateKeyCheck.require(session, handle, spec);
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
      return EcdsaP256.der(session.sign(Mechanism.ECDSA, handle, EcdsaP256.digest(message)));
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

  /** Nothing went by these names when the ceremony began, so whatever does is of its making. */
  private static void removeAll(
      CryptokiSession session, List<KeySpec> specs, HsmException failure) {
    TokenObjects objects = new TokenObjects(session);
    for (KeySpec spec : specs) {
      try {
        objects.destroy(spec);
      } catch (CkrException e) {
        failure.addSuppressed(e);
      }
    }
  }
}
