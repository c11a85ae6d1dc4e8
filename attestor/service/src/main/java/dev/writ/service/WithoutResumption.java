// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.spi.tls.DefaultSslContextFactory;
import io.vertx.core.spi.tls.SslContextFactory;
import java.time.Duration;
import javax.net.ssl.SSLException;

/**
 * TLS that gives out no tickets. A session that is resumed has the client's certificate of the
 * handshake in which it began, and whoever holds the ticket's secret would pass for the holder of that
 * key without holding it.
 */
final class WithoutResumption extends JdkSSLEngineOptions {
  /** Above the seven days of RFC 8446, 4.6.1: for longer JSSE gives out no ticket. */
  private static final int TIMEOUT_S = Math.toIntExact(Duration.ofDays(8).toSeconds());

  @Override
  public JdkSSLEngineOptions copy() {
    return new WithoutResumption();
  }

  @Override
  public SslContextFactory sslContextFactory() {
    return new DefaultSslContextFactory(SslProvider.JDK, false) {
      @Override
      public SslContext create() throws SSLException {
        SslContext context = super.create();
        context.sessionContext().setSessionTimeout(TIMEOUT_S);
        return context;
      }
    };
  }
}
