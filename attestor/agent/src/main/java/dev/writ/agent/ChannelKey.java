// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.tlog.Hash;
import dev.writ.tpm.InstanceKey;
import dev.writ.tpm.TpmException;
import java.io.ByteArrayInputStream;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The instance key as the client's key of a TLS connection: so the connection shows to be of whoever
 * holds the key that is asked for. Makes nothing, and asks the key for nothing, before a server wants to
 * see it. Safe for use by several threads, where its signer is.
 */
public final class ChannelKey {
  /** Signs with the key, wherever it is. */
  public interface Signer {
    /**
     * An ECDSA signature, r ‖ s, 32 bytes each.
     *
     * @param sha256 the digest of what is signed: 32 bytes
     */
    byte[] signP1363(byte[] sha256) throws TpmException;
  }

  private final ECPublicKey publicKey;
  private final Signer signer;

  @GuardedBy("this")
  private @Nullable X509Certificate certificate;

  /** A key of P-256 and who signs with it. */
  public ChannelKey(ECPublicKey publicKey, Signer signer) {
    this.publicKey = publicKey;
    this.signer = signer;
  }

  /** A key in a TPM, for as long as it is loaded there. */
  static ChannelKey inTpm(ECPublicKey publicKey, InstanceKey key) {
    return new ChannelKey(publicKey, new Loaded(key));
  }

  /** No lambda: linking one costs each start of a command, and most show their key to nobody. */
  private record Loaded(InstanceKey key) implements Signer {
    @Override
    public byte[] signP1363(byte[] sha256) throws TpmException {
      return key.signP1363(sha256);
    }
  }

  /** What JSSE signs with; it cannot be read. */
  PrivateKey privateKey() {
    return ChannelSignatures.key(signer);
  }

  /** A certificate of the key, by itself, that holds at {@code now} and for a while after it. */
  synchronized X509Certificate certificate(Instant now) throws TpmException {
    X509Certificate known = certificate;
    if (known == null || ChannelCertificate.isOld(known, now)) {
      byte[] tbs = ChannelCertificate.toBeSigned(publicKey, now);
      known = parse(ChannelCertificate.signed(tbs, signer.signP1363(Hash.sha256(tbs).bytes())));
      certificate = known;
    }
    return known;
  }

  private static X509Certificate parse(byte[] der) {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException e) {
      throw new IllegalStateException("bug: a certificate of our own cannot be read", e);
    }
  }
}
