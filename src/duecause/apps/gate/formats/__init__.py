"""An alarm as other systems read it: OCSF, CEF, a syslog line. References only; whoever may looks them up
here."""
