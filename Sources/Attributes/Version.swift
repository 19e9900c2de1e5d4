/// The version of every program of the package, which agent and courier compare when they meet.
package let sallyportVersion = "0.1.0"
