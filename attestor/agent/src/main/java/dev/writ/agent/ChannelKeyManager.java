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

/** Shows a {@link ChannelKey} to a server that asks for a client's, whomever it says it believes. */
final class ChannelKeyManager extends X509ExtendedKeyManager {
  private static final String ALIAS = "instance";
  private static final String KEY_TYPE = "EC";

  private final ChannelKey key;
  private final InstantSource clock;
  private volatile boolean shown;

  ChannelKeyManager(ChannelKey key, InstantSource clock) {
    this.key = key;
    this.clock = clock;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return Arrays.asList(keyTypes).contains(KEY_TYPE) ? ALIAS : null;
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return chooseClientAlias(keyTypes, issuers, null);
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return keyType.equals(KEY_TYPE) ? new String[] {ALIAS} : null;
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    try {
      X509Certificate certificate = key.certificate(clock.instant());
      shown = true;
      return new X509Certificate[] {certificate};
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
    return key.privateKey();
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
