// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.IOException;
import java.net.SocketException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/**
 * The service took none of the TLS certificate in which this host showed its instance key (RFC 8446,
 * 6.2): it is reached, and nothing of the request was judged.
 */
public final class ClientCertificateException extends IOException {
  private static final long serialVersionUID = 1L;

  /** In the JDK's words the alert's name is all that tells it from others. */
  private static final Pattern ALERT =
      Pattern.compile(
          "Received fatal alert: (bad_certificate|unsupported_certificate"
              + "|certificate_(revoked|expired|unknown|required)|unknown_ca)");

  private ClientCertificateException(IOException cause) {
    super("the service refused this client's TLS certificate; is the clock right?", cause);
  }

  /**
   * The failure, or what it means where the server's alert says so. A server that closes at once may end
   * the connection under what is being sent, so that its alert is never read; that it may have refused
   * the certificate is all that can be said then.
   *
   * @param shown whether the server was shown this host's key
   */
  static IOException orElse(IOException failure, boolean shown) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SSLException
          && ALERT.matcher(String.valueOf(cause.getMessage())).find()) {
        return new ClientCertificateException(failure);
      }
      for (Throwable other : cause.getSuppressed()) {
        if (other instanceof SSLException
            && ALERT.matcher(String.valueOf(other.getMessage())).find()) {
          return new ClientCertificateException(failure);
        }
      }
    }
    return shown && failure instanceof SocketException
        ? new IOException(
            "the service ended the connection after it was shown this client's TLS certificate ("
                + failure.getMessage()
                + "); if it refused that, is the clock right?",
            failure)
        : failure;
  }
}
