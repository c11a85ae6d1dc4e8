// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS 1.3 with whoever answers. It is for what is judged by its own signatures, and holds nothing secret:
 * published trust files, of which the next says by which key the server is to be known. Whoever answers
 * instead of the service can withhold them, as whoever cuts the line can.
 */
final class AnyServerTls implements ClientTls {
  private static final String TLS = "TLSv1.3";

  @Override
  public SSLSocket over(Socket connected, String host, int port) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance(TLS);
      context.init(null, new TrustManager[] {new Anybody()}, null);
      SSLSocket socket =
          (SSLSocket) context.getSocketFactory().createSocket(connected, host, port, true);
      socket.setEnabledProtocols(new String[] {TLS});
      return socket;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform speaks TLS 1.3; this one does not", e);
    }
  }

  private static final class Anybody implements X509TrustManager {
    @Override
    public void checkServerTrusted(
        X509Certificate @Nullable [] chain, @Nullable String keyExchange) {
      // Nothing that is read from it is believed for having been read from it.
    }

    @Override
    public void checkClientTrusted(X509Certificate @Nullable [] chain, @Nullable String keyType) {
      throw new IllegalStateException("bug: no clients are judged here");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
