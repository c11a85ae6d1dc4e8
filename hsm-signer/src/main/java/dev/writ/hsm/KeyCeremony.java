// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.CeremonyOutcome.AlreadyThere;
import dev.writ.hsm.CeremonyOutcome.Born;
import dev.writ.hsm.HsmException.Fault;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.RuntimeOperatorException;
import sun.security.pkcs11.wrapper.PKCS11Exception;

/**
 * The birth of a service's keys inside a token.
 *
 * <p>All of them or none: a failure removes what this ceremony made. A process that dies in between
 * leaves whole keys, or one without its certificate; the next ceremony finds and names them, and
 * leaves it to a person to remove what nothing uses yet. Nothing that exists is ever overwritten.
 */
public final class KeyCeremony {
  private KeyCeremony() {}

  /**
   * Makes each key of {@code inventory} with its certificate.
   *
   * @param clock dates the certificates
   * @param random numbers the certificates; the keys' randomness is the token's
   */
  public static CeremonyOutcome init(
      Token token, KeyInventory inventory, InstantSource clock, SecureRandom random)
      throws HsmException {
    token.requireOpen();
    token.requireRoom();
    try (CryptokiSession session = token.openWritableSession()) {
      TokenObjects objects = new TokenObjects(session);
      List<KeySpec> existing = new ArrayList<>();
      List<KeySpec> missing = new ArrayList<>();
      for (KeySpec spec : inventory.specs()) {
        (objects.isTaken(spec) ? existing : missing).add(spec);
      }
      if (!existing.isEmpty()) {
        return new AlreadyThere(List.copyOf(existing), List.copyOf(missing));
      }
      return new Born(makeAll(token, session, inventory.specs(), clock, random));
    } catch (PKCS11Exception e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED,
          "the token \""
              + token.description().label()
              + "\" must open a writable session and list its"
              + " objects, and failed: check whether it is write-protected",
          e);
    }
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
    Provider provider = token.generatingProvider(spec);
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair pair = generator.generateKeyPair();
      TokenObjects objects = new TokenObjects(session);
      PrivateKeyCheck.require(session, objects.privateKey(spec), spec);
      X509Certificate certificate =
          KeyCertificate.selfSigned(spec, pair, provider, clock.instant(), random);
      objects.storeCertificate(spec, certificate);
    } catch (GeneralSecurityException
        | ProviderException
        | PKCS11Exception
        | OperatorCreationException
        | CertIOException
        | RuntimeOperatorException e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FULL,
          String.format(
              "the token \"%s\" must have room for the key %s and be writable, and did not make it:"
                  + " free space in the token or its folder, check who may write there, and run it"
                  + " again",
              token.description().label(), spec),
          e);
    }
  }

  /** Nothing went by these names when the ceremony began, so whatever does is of its making. */
  private static void removeAll(
      CryptokiSession session, List<KeySpec> specs, HsmException failure) {
    TokenObjects objects = new TokenObjects(session);
    for (KeySpec spec : specs) {
      try {
        objects.destroy(spec);
      } catch (PKCS11Exception e) {
        failure.addSuppressed(e);
      }
    }
  }
}
