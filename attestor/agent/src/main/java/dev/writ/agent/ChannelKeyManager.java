// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.tpm.TpmException;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Arrays;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** Shows a credential to a server that asks for a client's, whomever it says it believes. */
final class ChannelKeyManager extends X509ExtendedKeyManager {
  private static final String ALIAS = "own";

  private final ShownCredential credential;
  private volatile boolean shown;

  ChannelKeyManager(ShownCredential credential) {
    this.credential = credential;
  }

  /** A host's instance key, in a certificate that is made as it is needed. */
  record OfInstance(ChannelKey key, InstantSource clock) implements ShownCredential {
    @Override
    public String keyType() {
      return "EC";
    }

    @Override
    public X509Certificate[] certificates() throws TpmException {
      return new X509Certificate[] {key.certificate(clock.instant())};
    }

    @Override
    public PrivateKey privateKey() {
      return key.privateKey();
    }
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return Arrays.asList(keyTypes).contains(credential.keyType()) ? ALIAS : null;
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return chooseClientAlias(keyTypes, issuers, null);
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return keyType.equals(credential.keyType()) ? new String[] {ALIAS} : null;
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    try {
      X509Certificate[] certificates = credential.certificates();
      shown = true;
      return certificates;
    } catch (TpmException e) {
      // JSSE ends the handshake with it, as it must: without the key nothing would be bound.
      throw new ProviderException("the instance key must sign its certificate, and cannot", e);
    }
  }

  /** Whether a server asked for the key, and was shown it. */
  boolean wasShown() {
    return shown;
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return credential.privateKey();
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }
}
