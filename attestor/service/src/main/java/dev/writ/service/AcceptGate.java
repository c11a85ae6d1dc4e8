// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Counts a door's connections as they are accepted, before TLS: one that never makes a handshake takes
 * a place like any other. One too many is closed before anything is made for it.
 */
@ChannelHandler.Sharable
final class AcceptGate extends ChannelInboundHandlerAdapter {
  private final Load load;
  private final DoorObserver observer;

  AcceptGate(Load load, DoorObserver observer) {
    this.load = load;
    this.observer = observer;
  }

  /** On a listening channel, what is read is an accepted one. */
  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof Channel accepted) {
      InetAddress remote = remote(accepted);
      if (!load.connect(remote)) {
        observer.turnedAway();
        accepted.unsafe().closeForcibly();
        return;
      }
      var unused = accepted.closeFuture().addListener(closed -> load.disconnect(remote));
    }
    context.fireChannelRead(message);
  }

  private static @Nullable InetAddress remote(Channel accepted) {
    return accepted.remoteAddress() instanceof InetSocketAddress address
        ? address.getAddress()
        : null;
  }
}
