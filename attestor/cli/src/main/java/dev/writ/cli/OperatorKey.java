// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.VerificationKey;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.MalformedPkcs11UriException;
import dev.writ.hsm.Pkcs11Key;
import dev.writ.hsm.Pkcs11Uri;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.interfaces.ECPublicKey;

/** An operator's key in a file or in a token, under the name that trust files have it by. */
final class OperatorKey implements AutoCloseable {
  private static final String OPTION = "--operator-key";

  private interface Signer {
    /** ES256, r ‖ s. */
    byte[] sign(byte[] message) throws CommandFailure;
  }

  private final VerificationKey publicKey;
  private final Signer signer;
  private final Runnable end;

  private OperatorKey(ECPublicKey publicKey, Signer signer, Runnable end) {
    this.publicKey = VerificationKey.of(publicKey);
    this.signer = signer;
    this.end = end;
  }

  /** The key that an option's value names: a PKCS #11 URI, or a file. */
  static OperatorKey named(String value) throws CommandFailure {
    return named(OPTION, value);
  }

  /** The same of another option. */
  static OperatorKey named(String option, String value) throws CommandFailure {
    try {
      return value.startsWith(Pkcs11Uri.SCHEME)
          ? inToken(option, Pkcs11Uri.parse(value))
          : read(option, Path.of(value));
    } catch (MalformedPkcs11UriException | InvalidPathException e) {
      throw CommandFailure.usage(option + ": " + e.getMessage());
    }
  }

  /** The key in {@code file}. */
  static OperatorKey read(Path file) throws CommandFailure {
    return read(OPTION, file);
  }

  private static OperatorKey read(String option, Path file) throws CommandFailure {
    try {
      SigningKeyFile key = SigningKeyFile.read(file);
      return new OperatorKey(key.publicKey(), message -> signed(key, message), () -> {});
    } catch (IOException | GeneralSecurityException e) {
      throw CommandFailure.configuration(option, e);
    }
  }

  private static byte[] signed(SigningKeyFile key, byte[] message) {
    try {
      return key.sign(message);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("bug: a P-256 key that was tried does not sign", e);
    }
  }

  private static OperatorKey inToken(String option, Pkcs11Uri uri) throws CommandFailure {
    try {
      Pkcs11Key key = Pkcs11Key.open(uri);
      return new OperatorKey(key.publicKey(), message -> signed(option, key, message), key::close);
    } catch (HsmException e) {
      throw CommandFailure.configuration(option, e);
    }
  }

  private static byte[] signed(String option, Pkcs11Key key, byte[] message) throws CommandFailure {
    try {
      return key.sign(message);
    } catch (HsmException e) {
      throw CommandFailure.configuration(option, e);
    }
  }

  /** RFC 7638 thumbprint of its public half. */
  Hash kid() {
    return publicKey.kid();
  }

  VerificationKey publicKey() {
    return publicKey;
  }

  OperatorSignature sign(byte[] input) throws CommandFailure {
    return new OperatorSignature(kid(), signer.sign(input));
  }

  /** Ends the login to the token, where there is one. */
  @Override
  public void close() {
    end.run();
  }

  @Override
  public String toString() {
    return "operator's key " + Thumbprint.text(kid());
  }
}
