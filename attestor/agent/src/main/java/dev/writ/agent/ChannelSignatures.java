// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.tpm.TpmException;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.SignatureException;
import java.security.SignatureSpi;
import java.security.spec.AlgorithmParameterSpec;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JCA provider for keys that nobody can read: it digests, and whoever holds the key signs. JSSE asks
 * every provider that the platform has for one that takes the key, and no other takes these; so it
 * stands last, and changes nothing for other keys.
 */
final class ChannelSignatures extends Provider {
  private static final long serialVersionUID = 1L;
  private static final String NAME = "WritChannel";

  /** The one algorithm that TLS 1.3 has for P-256. */
  private static final String ALGORITHM = "SHA256withECDSA";

  private ChannelSignatures() {
    super(NAME, "1", "signs with the instance key");
    putService(
        new Service(
            this,
            "Signature",
            ALGORITHM,
            Sha256WithEcdsa.class.getName(),
            List.of(),
            Map.of("SupportedKeyClasses", Key.class.getName())) {
          @Override
          public Object newInstance(@Nullable Object parameter) throws NoSuchAlgorithmException {
            return new Sha256WithEcdsa(MessageDigest.getInstance("SHA-256"));
          }
        });
  }

  /** A private key that this platform signs with as with any other. */
  static PrivateKey key(ChannelKey.Signer signer) {
    // Where it is there already it is not added.
    int unused = Security.addProvider(new ChannelSignatures());
    return new Key(signer);
  }

  /** Stands for a private key that is elsewhere. */
  @SuppressWarnings("serial") // never is
  static final class Key implements PrivateKey {
    private static final long serialVersionUID = 1L;

    private final transient ChannelKey.Signer signer;

    private Key(ChannelKey.Signer signer) {
      this.signer = signer;
    }

    @Override
    public String getAlgorithm() {
      return "EC";
    }

    @Override
    public @Nullable String getFormat() {
      return null;
    }

    @Override
    public byte @Nullable [] getEncoded() {
      return null;
    }
  }

  private static final class Sha256WithEcdsa extends SignatureSpi {
    private final MessageDigest digest;
    private ChannelKey.@Nullable Signer signer;

    private Sha256WithEcdsa(MessageDigest digest) {
      this.digest = digest;
    }

    @Override
    protected void engineInitSign(PrivateKey key) throws InvalidKeyException {
      if (!(key instanceof Key held)) {
        throw new InvalidKeyException("the key must be an instance key, was another");
      }
      signer = held.signer;
      digest.reset();
    }

    @Override
    protected void engineInitVerify(PublicKey key) throws InvalidKeyException {
      throw new InvalidKeyException("this provider verifies nothing: ask another");
    }

    @Override
    protected void engineUpdate(byte b) {
      digest.update(b);
    }

    @Override
    protected void engineUpdate(byte[] bytes, int offset, int length) {
      digest.update(bytes, offset, length);
    }

    @Override
    protected byte[] engineSign() throws SignatureException {
      ChannelKey.Signer holder = signer;
      if (holder == null) {
        throw new SignatureException("a key must be given first");
      }
      try {
        return Der.ecdsa(holder.signP1363(digest.digest()));
      } catch (TpmException e) {
        throw new SignatureException("the instance key must sign, and cannot", e);
      }
    }

    @Override
    protected boolean engineVerify(byte[] signature) throws SignatureException {
      throw new SignatureException("this provider verifies nothing: ask another");
    }

    @Override
    protected void engineSetParameter(@Nullable AlgorithmParameterSpec parameters) {
      if (parameters != null) {
        throw new InvalidParameterException(ALGORITHM + " has no parameters");
      }
    }

    @Override
    @Deprecated
    protected void engineSetParameter(String name, Object value) {
      throw new InvalidParameterException(ALGORITHM + " has no parameters");
    }

    @Override
    @Deprecated
    protected Object engineGetParameter(String name) {
      throw new InvalidParameterException(ALGORITHM + " has no parameters");
    }
  }
}
